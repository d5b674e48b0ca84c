import { Recent } from "../admission/recent.ts";
import type { ClientKey } from "../algorithms/algorithm.ts";
import type { Clock } from "../core/clock.ts";

/** How long a client is known to be answered. */
const KNOWN_MS = 60_000;
/** To ask a socket for its address costs a twentieth of a whole session: above this rate only some are asked. */
const MOST_PER_SECOND = 50;
const MOST = (MOST_PER_SECOND * KNOWN_MS) / 1_000;
/** What a client is called that left before its address was asked for. */
const NAMELESS = "unknown";

/**
 * The clients that were answered within the last minute, by their addresses: all of them up to 50 answers a second, and of more
 * the first 50 in each second.
 */
export class ServedClients {
  readonly #clock: Clock;
  readonly #recent = new Recent<{ answeredAtMs: number }>(MOST);
  #second = -1;
  #left = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#recent.size;
  }

  /** A session of the client was answered. */
  note(client: ClientKey): void {
    const nowMs = this.#clock.now();
    const second = Math.floor(nowMs / 1_000);
    if (second !== this.#second) this.#left = MOST_PER_SECOND;
    this.#second = second;
    if (this.#left === 0) return;
    this.#left -= 1;
    const { address } = client;
    if (address !== NAMELESS) this.#recent.get(address, unanswered).answeredAtMs = nowMs;
  }

  /** Whether one was, within the last minute. */
  includes({ address }: ClientKey): boolean {
    const { answeredAtMs } = this.#recent.find(address) ?? unanswered();
    return this.#clock.now() - answeredAtMs <= KNOWN_MS;
  }
}

function unanswered(): { answeredAtMs: number } {
  return { answeredAtMs: -Infinity };
}
