import { isIP } from "node:net";
import type { BackendConfig, Config } from "../config/config.ts";
import { oneSpelling } from "../config/reach.ts";
import type { BackendSettings } from "../contract/backend.ts";
import type { ClientEntry } from "../contract/clients.ts";
import { atOnce, type Steps } from "../core/slices.ts";
import { clientEntry } from "./client-entry.ts";
import { type About, type Base, type Source, type SourcedValues, Words } from "./words.ts";

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
export type Refused = "unknown" | "exists" | "of-the-file";

/** What is wanted once another file has spoken, and what became of the API's words by it. */
interface Adopted {
  readonly overlay: Overlay;
  readonly news: readonly OverlayNews[];
}

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
  readonly #added: ReadonlyMap<string, Map<string, BackendConfig>>;
  readonly #addedClients: Map<string, ClientEntry>;

  private constructor(
    file: Config,
    wallMs: () => number,
    added: ReadonlyMap<string, Map<string, BackendConfig>>,
    addedClients: Map<string, ClientEntry>,
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
    const news: OverlayNews[] = [];
    const added = keptBackends(this.#added, file, news);
    const overlay = new Overlay(file, this.#wallMs, added, keptClients(this.#addedClients, file, news));
    const nowMs = this.#wallMs();
    const backends = yield* this.#backends.over(overlay.#backendBases(), nowMs);
    const clients = yield* this.#clients.over(overlay.#clientBases(), nowMs);
    overlay.#backends = backends.words;
    overlay.#clients = clients.words;
    for (const { part, word } of [...backends.over, ...clients.over])
      news.push({ kind: "word-over", subject: part, key: word.key, value: word.value });
    return { overlay, news };
  }

  /** The same without a pause. */
  adopted(file: Config): Adopted {
    return atOnce(this.adopting(file));
  }

  /** The entries of a pool, those that the API added last; undefined where there is no such pool. */
  entriesOf(pool: string): readonly BackendConfig[] | undefined {
    const own = Object.hasOwn(this.file.pools, pool) ? this.file.pools[pool]?.backends : undefined;
    return own && [...own, ...(this.#added.get(pool)?.values() ?? [])];
  }

  /** The entries that the API added, of all pools. */
  get added(): Iterable<BackendConfig> {
    return [...this.#added.values()].flatMap((added) => [...added.values()]);
  }

  /**
   * What holds of an entry of a pool, or of its member at one `host`, an address without its port; undefined where there is
   * no such entry.
   */
  backend(pool: string, entry: string, host?: string): SourcedValues<BackendValues> | undefined {
    const key = keyOf(pool, entry);
    return this.#backends.valuesOf(key, host === undefined ? key : `${key}@${host}`);
  }

  /** Where an entry of a pool comes from; undefined where there is no such entry. */
  sourceOf(pool: string, entry: string): Source | undefined {
    return this.#backends.sourceOf(keyOf(pool, entry));
  }

  /** Says something of an entry, or of one of its addresses as `entry@host`; false where there is no such entry. */
  sayOfBackend(pool: string, name: string, said: Said<BackendValues>): boolean {
    const about = this.#named(pool, name);
    if (about !== undefined) this.#say(this.#backends, about, said);
    return about !== undefined;
  }

  /** Adds an entry to a pool. */
  addBackend(pool: string, backend: BackendConfig): Refused | undefined {
    if (this.entriesOf(pool) === undefined) return "unknown";
    const key = keyOf(pool, backend.name);
    if (this.#backends.has(key)) return "exists";
    this.#added.get(pool)?.set(backend.name, backend);
    this.#backends.add(key, backendBase("api", backend), this.#wallMs());
    return undefined;
  }

  /** Removes an entry that the API added, and all that was said of it. */
  removeBackend(pool: string, name: string): Refused | undefined {
    const key = keyOf(pool, name);
    if (this.#added.get(pool)?.delete(name) !== true)
      return this.#backends.has(key) ? "of-the-file" : "unknown";
    this.#backends.drop(key);
    return undefined;
  }

  /** All clients as they hold now, those that the API added last. */
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

  /** Says something of a client; false where there is no such client. */
  sayOfClient(id: string, said: Said<ClientValues>): boolean {
    if (!this.#clients.has(id)) return false;
    this.#say(this.#clients, { entry: id, part: id }, said);
    return true;
  }

  addClient(client: ClientEntry): Refused | undefined {
    if (this.#clients.has(client.id)) return "exists";
    this.#addedClients.set(client.id, client);
    this.#clients.add(client.id, clientBase("api", client), this.#wallMs());
    return undefined;
  }

  /** Removes a client that the API added, and all that was said of it. */
  removeClient(id: string): Refused | undefined {
    if (!this.#addedClients.delete(id)) return this.#clients.has(id) ? "of-the-file" : "unknown";
    this.#clients.drop(id);
    return undefined;
  }

  #named(pool: string, name: string): About | undefined {
    if (!Object.hasOwn(this.file.pools, pool)) return undefined;
    const part = keyOf(pool, name);
    if (this.#backends.has(part)) return { entry: part, part };
    const at = name.lastIndexOf("@");
    const entry = keyOf(pool, name.slice(0, Math.max(0, at)));
    return isAddress(name.slice(at + 1)) && this.#backends.has(entry) ? { entry, part } : undefined;
  }

  #say<Values extends object>(words: Words<Values>, about: About, said: Said<Values>): void {
    const nowMs = this.#wallMs();
    for (const [key, value] of Object.entries(said)) {
      if (value !== undefined)
        words.say(
          about,
          key as keyof Values & string,
          (value ?? undefined) as Values[keyof Values & string] | undefined,
          nowMs,
        );
    }
  }

  *#backendBases(): Iterable<[string, Base<BackendValues>]> {
    for (const [pool, { backends }] of Object.entries(this.file.pools))
      for (const backend of backends) yield [keyOf(pool, backend.name), backendBase("file", backend)];
    for (const [pool, added] of this.#added)
      for (const backend of added.values()) yield [keyOf(pool, backend.name), backendBase("api", backend)];
  }

  *#clientBases(): Iterable<[string, Base<ClientValues>]> {
    for (const client of this.file.clients.list) yield [client.id, clientBase("file", clientEntry(client))];
    for (const [id, client] of this.#addedClients) yield [id, clientBase("api", client)];
  }
}

/** For each pool of the file the backends that were added to it and have no namesake there. */
function keptBackends(
  before: ReadonlyMap<string, ReadonlyMap<string, BackendConfig>>,
  { pools }: Config,
  news: OverlayNews[],
): Map<string, Map<string, BackendConfig>> {
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
  before: ReadonlyMap<string, ClientEntry>,
  { clients }: Config,
  news: OverlayNews[],
): Map<string, ClientEntry> {
  const kept = new Map(before);
  for (const { id } of clients.list) if (kept.delete(id)) news.push({ kind: "client-yielded", client: id });
  return kept;
}

/** Whether it is an IP address in the spelling that members have. */
function isAddress(host: string): boolean {
  return isIP(host) !== 0 && oneSpelling(host) === host;
}

function keyOf(pool: string, name: string): string {
  return `${pool}/${name}`;
}

function backendBase(source: Source, { state, weight, maxConnections }: BackendConfig): Base<BackendValues> {
  return { source, values: { state, weight, maxConnections } };
}

function clientBase(source: Source, client: ClientEntry): Base<ClientValues> {
  const { addresses, capacity, ratePerSec } = client;
  return { source, values: { addresses, capacity, ratePerSec } };
}
