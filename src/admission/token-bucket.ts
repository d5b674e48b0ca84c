import type { BucketSettings } from "../contract/clients.ts";

/** What is this near to a whole token is one: a sum of parts misses it by rounding. */
const ROUNDING = 1e-9;

/**
 * A bucket that holds `capacity` tokens at most and gains `ratePerSec` of them a second, a part of one with each moment
 * (the token bucket of RFC 2697). All times are the same Clock's, in milliseconds.
 */
export class TokenBucket {
  #settings: BucketSettings;
  /** Takes that got a token. */
  accepted = 0;
  /** Takes that got none. */
  refused = 0;
  #tokens: number;
  #atMs: number;

  /** It begins full. */
  constructor(settings: BucketSettings, nowMs: number) {
    this.#settings = settings;
    this.#tokens = settings.capacity;
    this.#atMs = nowMs;
  }

  get settings(): BucketSettings {
    return this.#settings;
  }

  /** Takes a token and returns 0; where there is none, how many milliseconds until there is one (Infinity: never). */
  take(nowMs: number): number {
    const tokens = this.tokens(nowMs);
    const missing = 1 - tokens;
    if (missing <= ROUNDING) {
      this.accepted += 1;
      this.#settle(Math.max(0, tokens - 1), nowMs);
      return 0;
    }
    this.refused += 1;
    const { capacity, ratePerSec } = this.#settings;
    return capacity < 1 ? Infinity : (missing / ratePerSec) * 1000;
  }

  /** How many there are, with a fraction. */
  tokens(nowMs: number): number {
    const { capacity, ratePerSec } = this.#settings;
    return Math.min(capacity, this.#tokens + ((nowMs - this.#atMs) / 1000) * ratePerSec);
  }

  /** Sets how many there are; no more than it can hold, no fewer than none. */
  fill(tokens: number, nowMs: number): void {
    this.#settle(Math.max(0, Math.min(this.#settings.capacity, tokens)), nowMs);
  }

  /** New settings: it keeps what it has, as far as it can hold it. */
  adopt(settings: BucketSettings, nowMs: number): void {
    const tokens = this.tokens(nowMs);
    this.#settings = settings;
    this.fill(tokens, nowMs);
  }

  #settle(tokens: number, nowMs: number): void {
    this.#tokens = tokens;
    this.#atMs = nowMs;
  }
}
