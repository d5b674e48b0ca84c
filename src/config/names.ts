import { lookup, Resolver } from "node:dns/promises";
import { isIPv4 } from "node:net";
import { isDeepStrictEqual } from "node:util";
import type { Clock, Timer } from "../core/clock.ts";
import { Lookups } from "./lookups.ts";

const TTL_QUERY_MS = 1_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 300_000;
const LONGEST_RETRY_MS = 30_000;
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
  /** A name has other addresses than before, or its first ones. */
  changed(name: string, addresses: readonly string[]): void;
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
  readonly #lookups: Lookups;
  readonly #watched = new Map<string, Name>();
  #closed = false;

  constructor(clock: Clock, events: NameEvents, service: NameService = systemNames) {
    this.#clock = clock;
    this.#events = events;
    this.#service = service;
    this.#lookups = new Lookups(clock, (name) => service.addresses(name));
  }

  /**
   * Looks up those that have no address yet. One without an answer stays without, and is asked for again and again:
   * after a second, then ever less often, at least every 30 s.
   */
  async learn(names: readonly string[]): Promise<void> {
    const unknown = names.filter((name) => this.addressesOf(name).length === 0);
    const asked = await Promise.all(unknown.map((name) => this.#ask(new Name(name))));
    if (this.#closed) return;
    // It may have had its first answer meanwhile, when it was asked for again.
    for (const name of asked) if (this.addressesOf(name.text).length === 0) this.#watch(name);
  }

  /** Goes on with these alone. */
  keep(names: readonly string[]): void {
    for (const [name, watched] of this.#watched) {
      if (names.includes(name)) continue;
      watched.timer?.[Symbol.dispose]();
      this.#watched.delete(name);
    }
  }

  /** The last good answer; empty for a name that never had one, or was not learnt. */
  addressesOf(name: string): readonly string[] {
    return this.#watched.get(name)?.addresses ?? [];
  }

  /** Why its last look-up failed; undefined where that had an answer. */
  errorOf(name: string): Error | undefined {
    return this.#watched.get(name)?.error;
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.keep([]);
    this.#lookups[Symbol.dispose]();
  }

  #watch(name: Name): void {
    this.#watched.get(name.text)?.timer?.[Symbol.dispose]();
    this.#watched.set(name.text, name);
    void this.#schedule(name);
  }

  async #schedule(name: Name): Promise<void> {
    const ms = name.addresses.length > 0 ? await this.#ttlMs(name.text) : name.nextRetryMs();
    if (!this.#isWatched(name)) return;
    name.timer = this.#clock.after(ms, () => void this.#refresh(name));
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
    const { addresses, error } = name;
    await this.#ask(name);
    if (!this.#isWatched(name)) return;
    if (!isDeepStrictEqual(name.addresses, addresses)) this.#events.changed(name.text, name.addresses);
    if (name.error !== undefined && error === undefined) this.#events.failed(name.text, name.error);
    await this.#schedule(name);
  }

  async #ask(name: Name): Promise<Name> {
    try {
      name.addresses = await this.#lookUp(name.text);
      name.error = undefined;
    } catch (error) {
      name.error = error as Error;
    }
    return name;
  }

  async #lookUp(name: string): Promise<readonly string[]> {
    const answers = await this.#lookups.answerFor(name);
    if (answers.length === 0) throw noAddress(name);
    const v4 = answers.filter(isIPv4);
    return [...new Set(v4.length > 0 ? v4 : answers)].sort();
  }
}

class Name {
  addresses: readonly string[] = [];
  error: Error | undefined;
  timer: Timer | undefined;
  #retryMs = SHORTEST_MS;

  constructor(readonly text: string) {}

  /** How long to wait before a name without an answer is asked for again; longer each time. */
  nextRetryMs(): number {
    const ms = this.#retryMs;
    this.#retryMs = Math.min(2 * ms, LONGEST_RETRY_MS);
    return ms;
  }
}

function noAddress(name: string): Error {
  return Object.assign(new Error(`no address for the name "${name}"`), { code: "ENOTFOUND", hostname: name });
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
