import type { Endpoint } from "#lb/core/address";
import { type Clock, systemClock, type Timer } from "#lb/core/clock";
import { type Dice, seededDice } from "#lb/core/dice";
import { LineConnection } from "../../clients/line-connection.ts";
import { arrivals } from "../pace.ts";

const TIMEOUT_MS = 5_000;
const MOST_SESSIONS = 1_000;
const MOST_REQUESTS = 6;
const LONGEST_PAUSE_MS = 40;
/** What was to come longer ago is left out: the process stood still. */
const LATEST_MS = 100;
/** Of every client's sessions the share that comes from the last one, which is above its limit now and then. */
const GREEDY_SHARE = 0.15;

/** Where the clients of a laboratory come from; the last one is greedy. */
export const CLIENTS = ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"] as const;

/** A load and what it has come to. */
export interface LoadState {
  /** Sessions begun per second in the mean. */
  readonly sessionsPerSec: number;
  readonly factor: number;
}

/**
 * Sessions that go on until it is disposed of: they come as a seeded Poisson process, each from one of a few clients, asks
 * a few times with pauses between, and leaves. At most a thousand at once; what comes above that is left out.
 */
export class SteadyLoad implements Disposable {
  readonly #target: Endpoint;
  readonly #sessionsPerSec: number;
  readonly #arrivals: Iterator<number, never>;
  readonly #dice: Dice;
  readonly #clock: Clock;
  readonly #open = new Set<LineConnection>();
  #sessions = 0;
  #atUs = 0;
  #dueMs: number;
  #factor = 1;
  #timer: Timer;
  #isOver = false;

  constructor(target: Endpoint, sessionsPerSec: number, seed: number, clock = systemClock) {
    this.#target = target;
    this.#sessionsPerSec = sessionsPerSec;
    this.#arrivals = arrivals(sessionsPerSec, "poisson", seed);
    this.#dice = seededDice(seed);
    this.#clock = clock;
    this.#dueMs = clock.now() + this.#gapMs();
    this.#timer = this.#wait();
  }

  get state(): LoadState {
    return { sessionsPerSec: this.#sessionsPerSec * this.#factor, factor: this.#factor };
  }

  /** From now on so many times the sessions that it began with. */
  scale(factor: number): void {
    this.#factor = factor;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#timer[Symbol.dispose]();
    for (const connection of this.#open) connection.close();
  }

  #wait(): Timer {
    return this.#clock.after(this.#dueMs - this.#clock.now(), () => this.#come());
  }

  /** Timers are late: all that are due by now come. */
  #come(): void {
    const nowMs = this.#clock.now();
    this.#dueMs = Math.max(this.#dueMs, nowMs - LATEST_MS);
    for (; this.#dueMs <= nowMs; this.#dueMs += this.#gapMs()) void this.#session();
    this.#timer = this.#wait();
  }

  /** From one session to the next. */
  #gapMs(): number {
    const beforeUs = this.#atUs;
    this.#atUs = this.#arrivals.next().value;
    return (this.#atUs - beforeUs) / 1_000 / this.#factor;
  }

  async #session(): Promise<void> {
    if (this.#sessions >= MOST_SESSIONS) return;
    this.#sessions += 1;
    // Drawn before anything is awaited: the same seed gives the same sessions.
    const [client, requests] = [this.#client(), 1 + Math.floor(this.#dice() * MOST_REQUESTS)];
    const pausesMs = Array.from({ length: requests }, () => this.#dice() * LONGEST_PAUSE_MS);
    try {
      await this.#talk(client, pausesMs);
    } catch {
      // A session that fails is what the page is there to show.
    } finally {
      this.#sessions -= 1;
    }
  }

  async #talk(localAddress: string, pausesMs: readonly number[]): Promise<void> {
    const connection = await LineConnection.open(this.#target, { timeoutMs: TIMEOUT_MS, localAddress });
    this.#open.add(connection);
    try {
      for (const pauseMs of pausesMs) {
        if (this.#isOver) return;
        await connection.request("ping");
        await new Promise<void>((resolve) => this.#clock.after(pauseMs, resolve));
      }
    } finally {
      this.#open.delete(connection);
      connection.close();
    }
  }

  #client(): string {
    const others = CLIENTS.slice(0, -1);
    if (this.#dice() < GREEDY_SHARE) return CLIENTS.at(-1) as string;
    return others[Math.floor(this.#dice() * others.length)] as string;
  }
}
