import { isIP } from "node:net";
import type { BackendConfig, Config, PoolConfig } from "../config/config.ts";
import { oneSpelling } from "../config/reach.ts";
import type { BackendSettings } from "../contract/backend.ts";
import type { ClientEntry } from "../contract/clients.ts";
import type { PoolSettings } from "../contract/pool.ts";
import type { Endpoint } from "../core/address.ts";
import { atOnce, type Steps } from "../core/slices.ts";
import { clientEntry } from "./client-entry.ts";
import {
  type BackendEdit,
  type ClientEdit,
  type Edit,
  nothingOfBackend,
  type Place,
  type PoolEdit,
} from "./edit.ts";
import { type OverlayNews, wordsOver } from "./overlay-news.ts";
import { type Said, Shelf } from "./shelf.ts";
import type { About, Saying, Source, SourcedValues } from "./words.ts";

/** What the API may say of a backend. */
export type BackendValues = Pick<BackendSettings, "state" | "weight" | "maxConnections">;
/** What the API may say of a client. */
export type ClientValues = Pick<ClientEntry, "addresses" | "capacity" | "ratePerSec">;

/** What the API may say of a pool. */
export type PoolValues = Pick<PoolSettings, "algorithm">;

/** Why the API may not add, remove or say a thing. */
export type Refused = "unknown" | "exists" | "of-the-file" | "is-a-copy" | "full";

/** How many clients there may be, of the file and the API together. */
const MOST_CLIENTS = 100_000;
/** Of how many addresses of one name something may be said. */
const MOST_PARTS = 256;

/** What is wanted once another file has spoken, and what became of the API's words by it. */
interface Adopted {
  readonly overlay: Overlay;
  readonly news: readonly OverlayNews[];
  /** All whose rows are others by it. */
  readonly changed: readonly Place[];
}

type Backends = Shelf<BackendValues, BackendConfig>;
type Clients = Shelf<ClientValues, ClientEntry>;
/** What was said of the pools themselves. */
type Pools = Shelf<PoolValues, PoolConfig>;

/** What an overlay is made of. */
interface OverlayParts {
  readonly file: Config;
  readonly wallMs: () => number;
  readonly pools: Pools;
  readonly backends: ReadonlyMap<string, Backends>;
  readonly clients: Clients;
}

/**
 * What is wanted: the file, and over it what the API said and added, the newest word per value. It holds plain data, and
 * decides nothing else: what is made of it crosses to the data plane as a snapshot, or as the new value of one pool or client.
 */
export class Overlay {
  readonly #wallMs: () => number;
  /** The file that speaks, as it is written. */
  readonly file: Config;
  readonly #pools: Pools;
  /** By their pool. */
  readonly #backends: ReadonlyMap<string, Backends>;
  readonly #clients: Clients;

  private constructor({ file, wallMs, pools, backends, clients }: OverlayParts) {
    this.#wallMs = wallMs;
    this.file = file;
    this.#pools = pools;
    this.#backends = backends;
    this.#clients = clients;
  }

  /**
   * Over this file, nothing was said yet. `wallMs`: Unix time, for since when a value holds; `sharesClients`: what is said of
   * clients holds over the files of other balancers, too.
   */
  static of(file: Config, wallMs: () => number, sharesClients = false): Overlay {
    const pools: Pools = new Shelf(poolValues);
    const clients: Clients = new Shelf(clientValues, sharesClients);
    const nothing = new Overlay({ file, wallMs, pools, backends: new Map(), clients });
    return nothing.adopted(file).overlay;
  }

  /**
   * What is wanted once another file speaks: words whose values the file has changed are over, and what the API added
   * yields to an entry of that name, or goes with its pool. This one stays as it is, and must while the steps are made.
   */
  *adopting(file: Config): Steps<Adopted> {
    const wallMs = this.#wallMs;
    const nowMs = wallMs();
    const news: OverlayNews[] = [];
    const changed: Place[] = [];
    for (const [pool, shelf] of this.#backends)
      if (!Object.hasOwn(file.pools, pool)) ends(pool, shelf, news, changed);
    const pools = yield* this.#pools.over(Object.entries(file.pools), nowMs);
    news.push(...wordsOver(pools.over));
    for (const pool of pools.changed) changed.push({ shelf: "pools", pool });
    const all = new Map<string, Backends>();
    for (const [pool, { backends }] of Object.entries(file.pools)) {
      const before: Backends = this.#backends.get(pool) ?? new Shelf(backendValues);
      const over = yield* before.over(named(backends), nowMs);
      all.set(pool, over.shelf);
      news.push(...backendNews(pool, over.yielded, over.over));
      for (const name of over.changed) changed.push({ shelf: "backends", pool, name });
    }
    const clients = yield* this.#clients.over(entriesOf(file), nowMs);
    news.push(...clientNews(clients.yielded, clients.over));
    for (const id of clients.changed) changed.push({ shelf: "clients", id });
    const shelves = { pools: pools.shelf, backends: all, clients: clients.shelf };
    return { overlay: new Overlay({ file, wallMs, ...shelves }), news, changed };
  }

  /** The same without a pause. */
  adopted(file: Config): Adopted {
    return atOnce(this.adopting(file));
  }

  /** The entries of a pool, first the entries of the file, then the ones that the API added; undefined where there is no such pool. */
  entriesOf(pool: string): readonly BackendConfig[] | undefined {
    const shelf = this.#backends.get(pool);
    return shelf && [...(this.file.pools[pool]?.backends ?? []), ...addedTo(shelf)];
  }

  /** Where an entry comes from; undefined where there is no such entry. */
  sourceOf(pool: string, name: string): Source | undefined {
    return this.#backends.get(pool)?.sourceOf(name);
  }

  /** The entries that no file has, of all pools. */
  get added(): Iterable<BackendConfig> {
    return [...this.#backends.values()].flatMap(addedTo);
  }

  /**
   * What holds of an entry of a pool, or of its member at one `host`, an address without its port; undefined where there is
   * no such entry.
   */
  backend(pool: string, entry: string, host?: string): SourcedValues<BackendValues> | undefined {
    return this.#backends.get(pool)?.valuesOf(entry, host === undefined ? entry : `${entry}@${host}`);
  }

  /** To say something of an entry, or of one of its addresses as `entry@host`, since a Unix time. */
  sayingOfBackend(
    pool: string,
    name: string,
    said: Said<BackendValues>,
    sinceMs: number = this.#wallMs(),
  ): BackendEdit | Refused {
    const shelf = this.#backends.get(pool);
    const about = shelf && this.#named(pool, shelf, name);
    if (shelf === undefined || about === undefined) return "unknown";
    const { key } = about;
    const row = shelf.saying(about, said, sinceMs);
    const before = partsIn(shelf.standing(key).said, key);
    if (partsIn(row.said, key) > Math.max(MOST_PARTS, before)) return "full";
    return { shelf: "backends", pool, name: key, ...row };
  }

  /** To add an entry to a pool. */
  addingBackend(
    pool: string,
    entry: BackendConfig,
    source: "api" | "copy" = "api",
    sinceMs: number = this.#wallMs(),
  ): BackendEdit | Refused {
    const shelf = this.#backends.get(pool);
    if (shelf === undefined) return "unknown";
    if (shelf.has(entry.name)) return "exists";
    return { shelf: "backends", pool, name: entry.name, added: { entry, source, sinceMs }, said: [] };
  }

  /** To remove an entry that came from there, and all that was said of it. */
  removingBackend(pool: string, name: string, source: "api" | "copy" = "api"): BackendEdit | Refused {
    const from = this.sourceOf(pool, name);
    if (from === undefined) return "unknown";
    if (from !== source) return from === "file" ? "of-the-file" : "is-a-copy";
    return { ...nothingOfBackend(pool, name), ...(source === "copy" && { wasCopy: true }) };
  }

  /** What holds of a pool; undefined where there is no such pool. */
  pool(name: string): SourcedValues<PoolValues> | undefined {
    return this.#pools.valuesOf(name);
  }

  /** To say something of a pool, since a Unix time. */
  sayingOfPool(pool: string, said: Said<PoolValues>, sinceMs: number = this.#wallMs()): PoolEdit | Refused {
    if (!this.#pools.has(pool)) return "unknown";
    return { shelf: "pools", pool, ...this.#pools.saying({ key: pool, part: pool }, said, sinceMs) };
  }

  /** How many clients there are. */
  get clientCount(): number {
    return this.file.clients.list.length + this.#clients.added.size;
  }

  /** All clients as they hold now, first the clients of the file, then the ones that the API added. */
  *clients(): Iterable<ClientEntry> {
    for (const { id } of this.file.clients.list) yield this.client(id) as ClientEntry;
    for (const id of this.#clients.added.keys()) yield this.client(id) as ClientEntry;
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

  /** To say something of a client, since a Unix time. */
  sayingOfClient(
    id: string,
    said: Said<ClientValues>,
    sinceMs: number = this.#wallMs(),
  ): ClientEdit | Refused {
    if (!this.#clients.has(id)) return "unknown";
    return { shelf: "clients", id, ...this.#clients.saying({ key: id, part: id }, said, sinceMs) };
  }

  addingClient(entry: ClientEntry, sinceMs: number = this.#wallMs()): ClientEdit | Refused {
    if (this.#clients.has(entry.id)) return "exists";
    if (this.clientCount >= MOST_CLIENTS) return "full";
    const { said } = this.#clients.standing(entry.id);
    return { shelf: "clients", id: entry.id, added: { entry, source: "api", sinceMs }, said };
  }

  /** To remove a client that the API added, and all that was said of it. */
  removingClient(id: string): ClientEdit | Refused {
    const from = this.#clients.sourceOf(id);
    if (from !== "api") return from === undefined ? "unknown" : "of-the-file";
    return { shelf: "clients", id, ...this.#clients.removing(id) };
  }

  /** The row that stands of a pool, backend or client, as the edit that would put it. */
  standing<Any extends Edit>(place: Any): Any;
  standing(place: Place): Edit;
  standing(place: Place): Edit {
    switch (place.shelf) {
      case "clients":
        return { shelf: "clients", id: place.id, ...this.#clients.standing(place.id) };
      case "pools":
        return { shelf: "pools", pool: place.pool, ...this.#pools.standing(place.pool) };
      case "backends": {
        const { pool, name } = place;
        return { ...nothingOfBackend(pool, name), ...this.#backends.get(pool)?.standing(name) };
      }
    }
  }

  /**
   * Takes another row for what stood of a pool, backend or client. The file goes before: what it has too is not added, and words
   * over other values than the file's are over. Gives back what became of them.
   */
  put(edit: Edit): readonly OverlayNews[] {
    switch (edit.shelf) {
      case "clients": {
        const { yielded, over } = this.#clients.put(edit.id, edit, this.#wallMs());
        return clientNews(yielded ? [edit.id] : [], over);
      }
      case "pools":
        return wordsOver(this.#pools.put(edit.pool, edit, this.#wallMs()).over);
      case "backends":
        return this.#putBackend(edit);
    }
  }

  #putBackend(edit: BackendEdit): readonly OverlayNews[] {
    const { pool, name, added, said } = edit;
    const shelf = this.#backends.get(pool);
    if (shelf === undefined)
      return added ? [{ kind: "gone-with-pool", pool, backend: name }] : wordsOver(said, `${pool}/`);
    const { yielded, over } = shelf.put(name, edit, this.#wallMs());
    return backendNews(pool, yielded ? [name] : [], over);
  }

  #named(pool: string, shelf: Backends, name: string): About | undefined {
    if (shelf.has(name)) return { key: name, part: name };
    const at = name.lastIndexOf("@");
    const key = name.slice(0, Math.max(0, at));
    const host = name.slice(at + 1);
    const address = this.entriesOf(pool)?.find((entry) => entry.name === key)?.address;
    return address !== undefined && mayReach(address, host) ? { key, part: name } : undefined;
  }
}

/** A pool that is no more takes all with it that was added to it and said in it. */
function ends(
  pool: string,
  { ending: { added, over } }: Backends,
  news: OverlayNews[],
  changed: Place[],
): void {
  for (const backend of added) news.push({ kind: "gone-with-pool", pool, backend });
  news.push(...wordsOver(over, `${pool}/`));
  for (const name of new Set([...added, ...over.map(({ entry }) => entry)]))
    changed.push({ shelf: "backends", pool, name });
}

function* named(backends: readonly BackendConfig[]): Iterable<[string, BackendConfig]> {
  for (const backend of backends) yield [backend.name, backend];
}

function* entriesOf({ clients }: Config): Iterable<[string, ClientEntry]> {
  for (const client of clients.list) yield [client.id, clientEntry(client)];
}

function addedTo(shelf: Backends): BackendConfig[] {
  return Array.from(shelf.added.values(), ({ entry }) => entry);
}

function backendNews(pool: string, yielded: readonly string[], over: readonly Saying[]): OverlayNews[] {
  const yields = yielded.map((backend) => ({ kind: "yielded", pool, backend }) as const);
  return [...yields, ...wordsOver(over, `${pool}/`)];
}

function clientNews(yielded: readonly string[], over: readonly Saying[]): OverlayNews[] {
  const yields = yielded.map((client) => ({ kind: "client-yielded", client }) as const);
  return [...yields, ...wordsOver(over)];
}

/** Of how many addresses of an entry something was said. */
function partsIn(said: readonly Saying[], entry: string): number {
  return new Set(said.map(({ part }) => part).filter((part) => part !== entry)).size;
}

/** Whether a member at that host, an IP address in the spelling that members have, may come of an address: any of a name. */
function mayReach(address: Endpoint, host: string): boolean {
  if (address.kind !== "tcp" || isIP(host) === 0 || oneSpelling(host) !== host) return false;
  return isIP(address.host) === 0 || oneSpelling(address.host) === host;
}

function backendValues({ state, weight, maxConnections }: BackendConfig): BackendValues {
  return { state, weight, maxConnections };
}

function poolValues({ algorithm }: PoolConfig): PoolValues {
  return { algorithm };
}

function clientValues({ addresses, capacity, ratePerSec }: ClientEntry): ClientValues {
  return { addresses, capacity, ratePerSec };
}
