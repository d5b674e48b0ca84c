import { isDeepStrictEqual } from "node:util";
import type { Clock, Timer } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import { lookUp, type NameAnswer } from "../core/look-up.ts";
import { KeptAddresses } from "./kept-addresses.ts";
import { Lookups } from "./lookups.ts";

const SHORTEST_MS = 1_000;
const LONGEST_MS = 300_000;
const LONGEST_RETRY_MS = 30_000;
/** How long an answer holds where no DNS server tells. */
const UNTOLD_MS = 30_000;

/** How a name is looked up; rejects where there is no answer. */
export type NameService = (name: string) => Promise<NameAnswer>;

/** What becomes of names. */
export interface NameEvents {
  /** A name has other addresses than before, or its first ones, for which no `learn` waits any more. */
  changed(name: string, addresses: readonly string[]): void;
  /** A name had an answer and has none now; told once, the last answer stays. */
  failed(name: string, error: Error): void;
}

/**
 * The addresses of names, of both families, looked up again as their answers run out. An address that an answer lacks is kept
 * for the hold: servers with more addresses than they tell at once tell others each time. No session ever waits for them.
 */
export class Names implements Disposable {
  readonly #clock: Clock;
  readonly #events: NameEvents;
  readonly #holdMs: () => number;
  readonly #lookups: Lookups;
  readonly #watched = new Map<string, Name>();

  /** `holdMs`: how long an address is kept that the answers lack, as it is wanted now. */
  constructor(clock: Clock, events: NameEvents, holdMs: () => number, service: NameService = lookUp) {
    this.#clock = clock;
    this.#events = events;
    this.#holdMs = holdMs;
    this.#lookups = new Lookups(clock, service);
  }

  /**
   * Looks up the names that have no address yet, and waits for their answers, `withinMs` at most; an answer that comes
   * later is told as a change. The names are kept until the result is disposed of. A name without an answer is asked for
   * again and again: after a second, then ever less often, at least every 30 s.
   */
  async learn(names: readonly string[], withinMs: number): Promise<Disposable> {
    const unknown = names.filter((name) => this.addressesOf(name).length === 0);
    const asked = unknown.map((name) => this.#first(name));
    const held = this.#hold(names);
    const over = new Deferred<void>();
    using _patience = this.#clock.after(withinMs, () => over.resolve());
    for (const name of asked) name.awaited += 1;
    await Promise.race([Promise.all(asked.map(({ answered }) => answered)), over.promise]);
    for (const name of asked) name.awaited -= 1;
    return held;
  }

  /** Goes on with these names alone, and with held ones. */
  keep(names: Iterable<string>): void {
    const kept = new Set(names);
    for (const [name, watched] of this.#watched) {
      if (kept.has(name) || watched.holds > 0) continue;
      watched.timer?.[Symbol.dispose]();
      watched.keeping?.[Symbol.dispose]();
      this.#watched.delete(name);
    }
  }

  /** The last good answer, and what is kept of those before; empty for a name that never had one, or was not learnt. */
  addressesOf(name: string): readonly string[] {
    return this.#watched.get(name)?.addresses ?? [];
  }

  /** Why a name's last look-up failed, or has not ended yet; undefined where it had an answer. */
  errorOf(name: string): Error | undefined {
    return this.#watched.get(name)?.error;
  }

  [Symbol.dispose](): void {
    for (const name of this.#watched.values()) name.holds = 0;
    this.keep([]);
    this.#lookups[Symbol.dispose]();
  }

  #hold(names: readonly string[]): Disposable {
    const held = names.map((name) => this.#watched.get(name)).filter((name) => name !== undefined);
    for (const name of held) name.holds += 1;
    return {
      [Symbol.dispose]() {
        for (const name of held) name.holds -= 1;
      },
    };
  }

  /** A name under its first look-up, or the next one where it had no answer so far. */
  #first(text: string): Name {
    const name = this.#watched.get(text) ?? new Name(text);
    this.#watched.set(text, name);
    name.answered ??= this.#learn(name);
    return name;
  }

  async #learn(name: Name): Promise<void> {
    name.timer?.[Symbol.dispose]();
    name.retrySoon();
    await this.#ask(name);
    name.answered = undefined;
    if (!this.#isWatched(name)) return;
    if (name.awaited === 0 && name.addresses.length > 0) this.#events.changed(name.text, name.addresses);
    this.#schedule(name);
  }

  #schedule(name: Name): void {
    if (!this.#isWatched(name) || name.answered !== undefined) return;
    const ms = name.addresses.length > 0 ? name.ttlMs : name.nextRetryMs();
    name.timer?.[Symbol.dispose]();
    name.timer = this.#clock.after(ms, () => void this.#refresh(name));
  }

  /** A name may have been let go while it was looked up. */
  #isWatched(name: Name): boolean {
    return this.#watched.get(name.text) === name;
  }

  async #refresh(name: Name): Promise<void> {
    const { addresses, error } = name;
    await this.#ask(name);
    if (!this.#isWatched(name)) return;
    if (!isDeepStrictEqual(name.addresses, addresses)) this.#events.changed(name.text, name.addresses);
    if (name.error !== undefined && error === undefined) this.#events.failed(name.text, name.error);
    this.#schedule(name);
  }

  async #ask(name: Name): Promise<void> {
    name.ttlMs = UNTOLD_MS;
    try {
      const { addresses, ttlSec } = await this.#lookups.answerFor(name.text);
      if (addresses.length === 0) throw noAddress(name.text);
      if (!this.#isWatched(name)) return;
      name.kept.take(addresses, this.#clock.now());
      name.error = undefined;
      this.#settle(name);
      if (ttlSec !== undefined) name.ttlMs = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, 1_000 * ttlSec));
    } catch (error) {
      name.error = error as Error;
    }
  }

  /** Gives a name the addresses that it has now, and again when the first that is missing is to go. */
  #settle(name: Name): void {
    const [nowMs, holdMs] = [this.#clock.now(), this.#holdMs()];
    name.addresses = name.kept.at(nowMs, holdMs);
    name.keeping?.[Symbol.dispose]();
    name.keeping = this.#clock.after(name.kept.leftMs(nowMs, holdMs), () => this.#leave(name));
  }

  #leave(name: Name): void {
    const { addresses } = name;
    this.#settle(name);
    if (!isDeepStrictEqual(name.addresses, addresses)) this.#events.changed(name.text, name.addresses);
  }
}

class Name {
  readonly kept = new KeptAddresses();
  /** Those of them that there were when it was last settled. */
  addresses: readonly string[] = [];
  error: Error | undefined;
  /** How long its last answer holds, or is asked for again. */
  ttlMs = UNTOLD_MS;
  timer: Timer | undefined;
  /** Until the first address that is missing is to go. */
  keeping: Timer | undefined;
  /** The look-up under way that may bring its first address. */
  answered: Promise<void> | undefined;
  /** How many wait for that. */
  awaited = 0;
  /** How many changes that are not applied yet need it. */
  holds = 0;
  #retryMs = SHORTEST_MS;

  constructor(readonly text: string) {
    this.error = noAnswer(text);
  }

  /** The first wait is a short one again. */
  retrySoon(): void {
    this.#retryMs = SHORTEST_MS;
  }

  /** How long to wait before a name without an answer is asked for again; longer each time. */
  nextRetryMs(): number {
    const ms = this.#retryMs;
    this.#retryMs = Math.min(2 * ms, LONGEST_RETRY_MS);
    return ms;
  }
}

function noAnswer(name: string): Error {
  return Object.assign(new Error(`no answer yet for the name "${name}"`), {
    code: "EAI_AGAIN",
    hostname: name,
  });
}

function noAddress(name: string): Error {
  return Object.assign(new Error(`no address for the name "${name}"`), { code: "ENOTFOUND", hostname: name });
}
