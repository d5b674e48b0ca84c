import { isIP } from "node:net";
import type { BackendConfig, Config } from "../config/config.ts";
import { oneSpelling } from "../config/reach.ts";
import type { BackendSettings } from "../contract/backend.ts";
import type { ClientEntry } from "../contract/clients.ts";
import { atOnce, type Steps } from "../core/slices.ts";
import { clientEntry } from "./client-entry.ts";
import { type About, type Base, type Saying, type Source, type SourcedValues, Words } from "./words.ts";

/** What the API may say of a backend. */
export type BackendValues = Pick<BackendSettings, "state" | "weight" | "maxConnections">;
/** What the API may say of a client. */
export type ClientValues = Pick<ClientEntry, "addresses" | "capacity" | "ratePerSec">;

/** Words of an operator: undefined leaves a value alone, null gives it back to the file. */
export type Said<Values> = { readonly [Key in keyof Values]?: Values[Key] | null | undefined };

/** One thing that became of the API's words when the file spoke; a line of the log each. */
export type OverlayNews =
  | { readonly kind: "word-over"; readonly subject: string; readonly key: string; readonly value: unknown }
  | { readonly kind: "yielded"; readonly pool: string; readonly backend: string }
  | { readonly kind: "gone-with-pool"; readonly pool: string; readonly backend: string }
  | { readonly kind: "client-yielded"; readonly client: string };

/** Why the API may not add or remove a thing. */
export type Refused = "unknown" | "exists" | "of-the-file" | "is-a-copy" | "full";

/** How many clients there may be, of the file and the API together. */
const MOST_CLIENTS = 100_000;

/** An entry that no file has, and since when. */
export interface Added<Entry> {
  readonly entry: Entry;
  readonly source: Exclude<Source, "file">;
  readonly sinceMs: number;
}

/** All that is known of an entry beside the file: where it comes from if not from there, and what was said of it. */
interface Row<Entry> {
  readonly added: Added<Entry> | undefined;
  readonly said: readonly Saying[];
}

/** Another row for one backend; nothing has changed before it is put. */
export interface BackendEdit extends Row<BackendConfig> {
  readonly shelf: "backends";
  readonly pool: string;
  readonly name: string;
  /** Removes a copy of a server, of which the store never knew. */
  readonly wasCopy?: true;
}

/** Another row for one client. */
export interface ClientEdit extends Row<ClientEntry> {
  readonly shelf: "clients";
  readonly id: string;
}

export type Edit = BackendEdit | ClientEdit;

/** What is wanted once another file has spoken, and what became of the API's words by it. */
interface Adopted {
  readonly overlay: Overlay;
  readonly news: readonly OverlayNews[];
  /** The rows that are others by it. */
  readonly changed: readonly Edit[];
}

/** What the API added and is no more. */
type GoneNews = Exclude<OverlayNews, { readonly kind: "word-over" }>;

type AddedBackends = ReadonlyMap<string, Map<string, Added<BackendConfig>>>;

/**
 * What is wanted: the file, and over it what the API said and added, the newest word per value. It holds plain data, and
 * decides nothing else: what is made of it crosses to the data plane as a snapshot, or as the new value of one pool or client.
 */
export class Overlay {
  readonly #wallMs: () => number;
  /** The file that speaks, as it is written. */
  readonly file: Config;
  #backends = new Words<BackendValues>();
  #clients = new Words<ClientValues>();
  /** By pool, then by name. */
  readonly #added: AddedBackends;
  readonly #addedClients: Map<string, Added<ClientEntry>>;

  private constructor(
    file: Config,
    wallMs: () => number,
    added: AddedBackends,
    addedClients: Map<string, Added<ClientEntry>>,
  ) {
    this.#wallMs = wallMs;
    this.file = file;
    this.#added = added;
    this.#addedClients = addedClients;
  }

  /** Over this file, nothing was said yet. `wallMs`: Unix time, for since when a value holds. */
  static of(file: Config, wallMs: () => number): Overlay {
    const nothing = new Overlay(file, wallMs, new Map(), new Map());
    return atOnce(nothing.adopting(file)).overlay;
  }

  /**
   * What is wanted once another file speaks: words whose values the file has changed are over, and what the API added
   * yields to an entry of that name, or goes with its pool. This one stays as it is, and must while the steps are made.
   */
  *adopting(file: Config): Steps<Adopted> {
    const news: GoneNews[] = [];
    const added = keptBackends(this.#added, file, news);
    const overlay = new Overlay(file, this.#wallMs, added, keptClients(this.#addedClients, file, news));
    const nowMs = this.#wallMs();
    const backends = yield* this.#backends.over(overlay.#backendBases(), nowMs);
    const clients = yield* this.#clients.over(overlay.#clientBases(), nowMs);
    overlay.#backends = backends.words;
    overlay.#clients = clients.words;
    const changed = [
      ...backends.over.map(({ part }) => nothingOfBackend(...placeOf(part))),
      ...clients.over.map(({ part }) => nothingOfClient(part)),
      ...news.map(rowOfNews),
    ];
    return { overlay, news: [...news, ...over([...backends.over, ...clients.over])], changed };
  }

  /** The same without a pause. */
  adopted(file: Config): Adopted {
    return atOnce(this.adopting(file));
  }

  /** The entries of a pool, first the entries of the file, then the ones that the API added; undefined where there is no such pool. */
  entriesOf(pool: string): readonly BackendConfig[] | undefined {
    const own = Object.hasOwn(this.file.pools, pool) ? this.file.pools[pool]?.backends : undefined;
    return own && [...own, ...entriesIn(this.#added.get(pool))];
  }

  /** Where an entry comes from; undefined where there is no such entry. */
  sourceOf(pool: string, name: string): Source | undefined {
    return this.#backends.baseOf(keyOf(pool, name))?.source;
  }

  /** The entries that no file has, of all pools. */
  get added(): Iterable<BackendConfig> {
    return [...this.#added.values()].flatMap(entriesIn);
  }

  /**
   * What holds of an entry of a pool, or of its member at one `host`, an address without its port; undefined where there is
   * no such entry.
   */
  backend(pool: string, entry: string, host?: string): SourcedValues<BackendValues> | undefined {
    const key = keyOf(pool, entry);
    return this.#backends.valuesOf(key, host === undefined ? key : `${key}@${host}`);
  }

  /** To say something of an entry, or of one of its addresses as `entry@host`. */
  sayingOfBackend(pool: string, name: string, said: Said<BackendValues>): BackendEdit | Refused {
    const about = this.#named(pool, name);
    if (about === undefined) return "unknown";
    const { entry, ...whole } = about;
    const next = this.#saying(this.#backends, whole, said);
    return { shelf: "backends", pool, name: entry, added: this.#added.get(pool)?.get(entry), said: next };
  }

  /** To add an entry to a pool. */
  addingBackend(pool: string, entry: BackendConfig, source: "api" | "copy" = "api"): BackendEdit | Refused {
    if (this.entriesOf(pool) === undefined) return "unknown";
    if (this.#backends.has(keyOf(pool, entry.name))) return "exists";
    const added = { entry, source, sinceMs: this.#wallMs() };
    return { shelf: "backends", pool, name: entry.name, added, said: [] };
  }

  /** To remove an entry that came from there, and all that was said of it. */
  removingBackend(pool: string, name: string, source: "api" | "copy" = "api"): BackendEdit | Refused {
    const from = this.sourceOf(pool, name);
    if (from === undefined) return "unknown";
    if (from !== source) return from === "file" ? "of-the-file" : "is-a-copy";
    return { ...nothingOfBackend(pool, name), ...(from === "copy" && { wasCopy: true }) };
  }

  /** How many clients there are. */
  get clientCount(): number {
    return this.file.clients.list.length + this.#addedClients.size;
  }

  /** All clients as they hold now, first the clients of the file, then the ones that the API added. */
  *clients(): Iterable<ClientEntry> {
    for (const { id } of this.file.clients.list) yield this.client(id) as ClientEntry;
    for (const id of this.#addedClients.keys()) yield this.client(id) as ClientEntry;
  }

  /** One client as it holds now; undefined where there is no such client. */
  client(id: string): ClientEntry | undefined {
    const values = this.clientValues(id);
    if (values === undefined) return undefined;
    const { addresses, capacity, ratePerSec } = values;
    return { id, addresses: addresses.value, capacity: capacity.value, ratePerSec: ratePerSec.value };
  }

  /** What holds of a client; undefined where there is no such client. */
  clientValues(id: string): SourcedValues<ClientValues> | undefined {
    return this.#clients.valuesOf(id);
  }

  /** To say something of a client. */
  sayingOfClient(id: string, said: Said<ClientValues>): ClientEdit | Refused {
    if (!this.#clients.has(id)) return "unknown";
    const next = this.#saying(this.#clients, { key: id, part: id }, said);
    return { shelf: "clients", id, added: this.#addedClients.get(id), said: next };
  }

  addingClient(entry: ClientEntry): ClientEdit | Refused {
    if (this.#clients.has(entry.id)) return "exists";
    if (this.clientCount >= MOST_CLIENTS) return "full";
    const added = { entry, source: "api", sinceMs: this.#wallMs() } as const;
    return { shelf: "clients", id: entry.id, added, said: [] };
  }

  /** To remove a client that the API added, and all that was said of it. */
  removingClient(id: string): ClientEdit | Refused {
    if (!this.#addedClients.has(id)) return this.#clients.has(id) ? "of-the-file" : "unknown";
    return nothingOfClient(id);
  }

  /** The row that stands of a backend or client, as the edit that would put it. */
  standing(edit: BackendEdit): BackendEdit;
  standing(edit: ClientEdit): ClientEdit;
  standing(edit: Edit): Edit;
  standing(edit: Edit): Edit {
    if (edit.shelf === "clients") {
      const { id } = edit;
      return { shelf: "clients", id, added: this.#addedClients.get(id), said: this.#clients.sayingsOf(id) };
    }
    const { pool, name } = edit;
    const said = this.#backends.sayingsOf(keyOf(pool, name));
    return { shelf: "backends", pool, name, added: this.#added.get(pool)?.get(name), said };
  }

  /**
   * Takes another row for what stood of a backend or client. The file goes before: what it has too is not added, and words
   * over other values than the file's are over. Gives back what became of them.
   */
  put(edit: Edit): readonly OverlayNews[] {
    return edit.shelf === "clients" ? this.#putClient(edit) : this.#putBackend(edit);
  }

  #putBackend({ pool, name, added, said }: BackendEdit): OverlayNews[] {
    const key = keyOf(pool, name);
    const mine = this.#added.get(pool);
    if (mine === undefined) return added ? [{ kind: "gone-with-pool", pool, backend: name }] : over(said);
    const ofFile = this.#ofFile(pool, name);
    if (ofFile !== undefined) {
      const yielded: OverlayNews[] = added ? [{ kind: "yielded", pool, backend: name }] : [];
      const kept = added ? [] : said;
      return [...yielded, ...over(this.#backends.put(key, ofFile, kept, this.#wallMs()))];
    }
    if (added === undefined) {
      mine.delete(name);
      this.#backends.drop(key);
      return over(said);
    }
    mine.set(name, added);
    const base = backendBase(added.source, added.entry);
    return over(this.#backends.put(key, base, said, this.#wallMs(), added.sinceMs));
  }

  #putClient({ id, added, said }: ClientEdit): OverlayNews[] {
    const base = this.#clients.baseOf(id);
    if (base?.source === "file") {
      const yielded: OverlayNews[] = added ? [{ kind: "client-yielded", client: id }] : [];
      return [...yielded, ...over(this.#clients.put(id, base, added ? [] : said, this.#wallMs()))];
    }
    if (added === undefined) {
      this.#addedClients.delete(id);
      this.#clients.drop(id);
      return over(said);
    }
    this.#addedClients.set(id, added);
    const own = clientBase("api", added.entry);
    return over(this.#clients.put(id, own, said, this.#wallMs(), added.sinceMs));
  }

  #ofFile(pool: string, name: string): Base<BackendValues> | undefined {
    const base = this.#backends.baseOf(keyOf(pool, name));
    return base?.source === "file" ? base : undefined;
  }

  #named(pool: string, name: string): (About & { readonly entry: string }) | undefined {
    if (!Object.hasOwn(this.file.pools, pool)) return undefined;
    const part = keyOf(pool, name);
    if (this.#backends.has(part)) return { entry: name, key: part, part };
    const at = name.lastIndexOf("@");
    const entry = name.slice(0, Math.max(0, at));
    const key = keyOf(pool, entry);
    return isAddress(name.slice(at + 1)) && this.#backends.has(key) ? { entry, key, part } : undefined;
  }

  /** All that was said, with these words among it in the place of earlier ones. */
  #saying<Values extends object>(words: Words<Values>, { key, part }: About, said: Said<Values>): Saying[] {
    const sinceMs = this.#wallMs();
    const values = (words.baseOf(key) as Base<Values>).values;
    const spoken = Object.entries(said).filter(([, value]) => value !== undefined);
    const replaced = new Set(spoken.map(([name]) => name));
    const others = words.sayingsOf(key).filter((each) => each.part !== part || !replaced.has(each.word.key));
    const fresh = spoken
      .filter(([, value]) => value !== null)
      .map(([name, value]) => ({
        part,
        word: { key: name, value, replaced: values[name as keyof Values], sinceMs },
      }));
    return [...others, ...fresh];
  }

  *#backendBases(): Iterable<[string, Base<BackendValues>]> {
    for (const [pool, { backends }] of Object.entries(this.file.pools))
      for (const backend of backends) yield [keyOf(pool, backend.name), backendBase("file", backend)];
    for (const [pool, added] of this.#added)
      for (const { entry, source } of added.values())
        yield [keyOf(pool, entry.name), backendBase(source, entry)];
  }

  *#clientBases(): Iterable<[string, Base<ClientValues>]> {
    for (const client of this.file.clients.list) yield [client.id, clientBase("file", clientEntry(client))];
    for (const [id, { entry }] of this.#addedClients) yield [id, clientBase("api", entry)];
  }
}

/** For each pool of the file the backends that were added to it and have no namesake there. */
function keptBackends(before: AddedBackends, { pools }: Config, news: GoneNews[]): AddedBackends {
  for (const [pool, added] of before) {
    if (Object.hasOwn(pools, pool)) continue;
    for (const backend of added.keys()) news.push({ kind: "gone-with-pool", pool, backend });
  }
  const kept = Object.entries(pools).map(([pool, { backends }]) => {
    const added = new Map(before.get(pool));
    const yielding = backends.filter(({ name }) => added.delete(name));
    for (const { name } of yielding) news.push({ kind: "yielded", pool, backend: name });
    return [pool, added] as const;
  });
  return new Map(kept);
}

function keptClients(
  before: ReadonlyMap<string, Added<ClientEntry>>,
  { clients }: Config,
  news: GoneNews[],
): Map<string, Added<ClientEntry>> {
  const kept = new Map(before);
  for (const { id } of clients.list) if (kept.delete(id)) news.push({ kind: "client-yielded", client: id });
  return kept;
}

function nothingOfBackend(pool: string, name: string): BackendEdit {
  return { shelf: "backends", pool, name, added: undefined, said: [] };
}

function nothingOfClient(id: string): ClientEdit {
  return { shelf: "clients", id, added: undefined, said: [] };
}

function rowOfNews(news: GoneNews): Edit {
  if (news.kind === "client-yielded") return nothingOfClient(news.client);
  return nothingOfBackend(news.pool, news.backend);
}

/** The pool and the entry that a part belongs to. */
function placeOf(part: string): [pool: string, name: string] {
  const [key] = part.split("@", 1) as [string];
  const at = key.indexOf("/");
  return [key.slice(0, at), key.slice(at + 1)];
}

function entriesIn(added: ReadonlyMap<string, Added<BackendConfig>> = new Map()): BackendConfig[] {
  return Array.from(added.values(), ({ entry }) => entry);
}

function over(sayings: readonly Saying[]): OverlayNews[] {
  return sayings.map(({ part, word }) => ({
    kind: "word-over",
    subject: part,
    key: word.key,
    value: word.value,
  }));
}

/** Whether it is an IP address in the spelling that members have. */
function isAddress(host: string): boolean {
  return isIP(host) !== 0 && oneSpelling(host) === host;
}

/** The key of a backend in a store and in words about it; no name of a pool has a slash in it. */
export function keyOf(pool: string, name: string): string {
  return `${pool}/${name}`;
}

function backendBase(source: Source, { state, weight, maxConnections }: BackendConfig): Base<BackendValues> {
  return { source, values: { state, weight, maxConnections } };
}

function clientBase(source: Source, client: ClientEntry): Base<ClientValues> {
  const { addresses, capacity, ratePerSec } = client;
  return { source, values: { addresses, capacity, ratePerSec } };
}
