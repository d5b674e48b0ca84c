import { lookup, Resolver } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { Clock, Timer } from "../core/clock.ts";

const LOOKUP_MS = 5_000;
const TTL_QUERY_MS = 1_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 300_000;
/** How long an answer holds where no DNS server tells. */
const UNTOLD_MS = 30_000;

/** How a name is looked up; both reject where there is no answer. */
export interface NameService {
  /** All addresses, as this machine's own resolver sees them: its hosts file included, and no TTL. */
  addresses(name: string): Promise<readonly string[]>;
  /** How long a DNS answer for it holds, in seconds. */
  ttlSec(name: string): Promise<number>;
}

/** Whom the names tell. */
export interface NameEvents {
  /** Some name has other addresses than before. */
  changed(): void;
  /** A name had an answer and has none now; told once, the last answer stays. */
  failed(name: string, error: Error): void;
}

/**
 * The addresses of names, looked up again as their answers run out: IPv4 addresses where there are any, else IPv6. No
 * session ever waits for them.
 */
export class Names implements Disposable {
  readonly #clock: Clock;
  readonly #events: NameEvents;
  readonly #service: NameService;
  readonly #watched = new Map<string, Name>();
  #closed = false;

  constructor(clock: Clock, events: NameEvents, service: NameService = systemNames) {
    this.#clock = clock;
    this.#events = events;
    this.#service = service;
  }

  /** Looks up those that are new; rejects with the first one's error that has no answer, and changes nothing then. */
  async learn(names: readonly string[]): Promise<void> {
    const unknown = names.filter((name) => !this.#watched.has(name));
    const learnt = await Promise.all(unknown.map(async (name) => [name, await this.#lookUp(name)] as const));
    if (this.#closed) return;
    for (const [name, addresses] of learnt) this.#watch(new Name(name, addresses));
  }

  /** Goes on with these alone. */
  keep(names: readonly string[]): void {
    for (const [name, watched] of this.#watched) {
      if (names.includes(name)) continue;
      watched.timer?.[Symbol.dispose]();
      this.#watched.delete(name);
    }
  }

  /** The last good answer; empty for a name that was not learnt. */
  addressesOf(name: string): readonly string[] {
    return this.#watched.get(name)?.addresses ?? [];
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.keep([]);
  }

  #watch(name: Name): void {
    this.#watched.set(name.text, name);
    void this.#schedule(name);
  }

  async #schedule(name: Name): Promise<void> {
    const ttlMs = await this.#ttlMs(name.text);
    if (!this.#isWatched(name)) return;
    name.timer = this.#clock.after(ttlMs, () => void this.#refresh(name));
  }

  /** It may have been let go while it was looked up. */
  #isWatched(name: Name): boolean {
    return this.#watched.get(name.text) === name;
  }

  async #ttlMs(name: string): Promise<number> {
    try {
      const ttlMs = 1_000 * (await this.#service.ttlSec(name));
      return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, ttlMs));
    } catch {
      return UNTOLD_MS;
    }
  }

  async #refresh(name: Name): Promise<void> {
    try {
      const addresses = await this.#lookUp(name.text);
      const changed = !isDeepStrictEqual(addresses, name.addresses);
      name.addresses = addresses;
      name.failing = false;
      if (changed && this.#isWatched(name)) this.#events.changed();
    } catch (error) {
      if (!name.failing && this.#isWatched(name)) this.#events.failed(name.text, error as Error);
      name.failing = true;
    }
    await this.#schedule(name);
  }

  async #lookUp(name: string): Promise<readonly string[]> {
    const answers = await this.#inTime(name, this.#service.addresses(name));
    if (answers.length === 0) throw noAnswer(name);
    const v4 = answers.filter(isIPv4);
    return [...new Set(v4.length > 0 ? v4 : answers)].sort();
  }

  async #inTime<T>(name: string, answer: Promise<T>): Promise<T> {
    let timer: Timer | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = this.#clock.after(LOOKUP_MS, () => reject(noAnswer(name)));
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }
}

class Name {
  timer: Timer | undefined;
  failing = false;

  constructor(
    readonly text: string,
    public addresses: readonly string[],
  ) {}
}

function noAnswer(name: string): Error {
  return Object.assign(new Error(`no answer for the name "${name}"`), { code: "ENOTFOUND", hostname: name });
}

/** This machine's resolver, and the DNS servers it is set to use. */
const systemNames: NameService = {
  addresses: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  ttlSec: async (name) => {
    const resolver = new Resolver({ timeout: TTL_QUERY_MS, tries: 1 });
    const records = await resolver
      .resolve4(name, { ttl: true })
      .catch(() => resolver.resolve6(name, { ttl: true }));
    return Math.min(...records.map(({ ttl }) => ttl));
  },
};
