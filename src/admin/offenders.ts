import type { Clock } from "../core/clock.ts";
import { limitKey } from "../core/ip.ts";
import { Problem } from "./problem.ts";

const MOST = 1_000;
const MOST_WAITING = 4;
const FIRST_MS = 250;
const LONGEST_MS = 4_000;
/** After so long without a wrong token all is forgiven. */
const FORGIVEN_MS = 60_000;

interface Offender {
  times: number;
  waiting: number;
  lastMs: number;
}

/** Addresses (IPv6: /64) that sent wrong tokens: each further one of them is answered later. Right ones never wait. */
export class Offenders {
  readonly #clock: Clock;
  /** The one that offended last comes last. */
  readonly #byAddress = new Map<string, Offender>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when a wrong token may be answered; throws where too many of its address wait for that already. */
  async offended(address: string): Promise<void> {
    const offender = this.#known(limitKey(address));
    if (offender.waiting >= MOST_WAITING)
      throw new Problem("too-many", "too many wrong tokens from this address", {
        headers: { connection: "close" },
      });
    const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** offender.times);
    offender.times += 1;
    offender.waiting += 1;
    await new Promise<void>((resolve) => this.#clock.after(delayMs, resolve));
    offender.waiting -= 1;
  }

  #known(address: string): Offender {
    const nowMs = this.#clock.now();
    const known = this.#byAddress.get(address) ?? { times: 0, waiting: 0, lastMs: nowMs };
    if (nowMs - known.lastMs > FORGIVEN_MS) known.times = 0;
    known.lastMs = nowMs;
    this.#byAddress.delete(address);
    this.#byAddress.set(address, known);
    const [oldest] = this.#byAddress.keys();
    if (this.#byAddress.size > MOST && oldest !== undefined) this.#byAddress.delete(oldest);
    return known;
  }
}
