import type { PoolSample } from "../contract/sample.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import type { Plane } from "../plane/plane.ts";

/** How long one sample is read from, */
const LEAST_MS = 100;
/** so that taking samples is at most one part in so many of the time. */
const PART = 20;

/** How long ago each backend answered, by pool, then by address. */
type Ages = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Knows from samples of the data plane when backends last answered a session; one serves all that ask within 100 ms, and for longer
 * where there are so many backends that it takes long.
 */
export class LastAnswers {
  readonly #plane: Plane;
  readonly #clock: Clock;
  #sampledAtMs = -Infinity;
  #freshForMs = LEAST_MS;
  #ages: Promise<Ages> = Promise.resolve(new Map());

  constructor(plane: Plane, clock: Clock) {
    this.#plane = plane;
    this.#clock = clock;
  }

  /** How long ago a backend answered a session, in milliseconds; Infinity where none is known of. */
  async agoMs({ pool, endpoint }: { readonly pool: string; readonly endpoint: Endpoint }): Promise<number> {
    if (this.#clock.now() - this.#sampledAtMs >= this.#freshForMs) this.#sample();
    const sampledAtMs = this.#sampledAtMs;
    const ages = await this.#ages;
    const age = ages.get(pool)?.get(formatEndpoint(endpoint)) ?? Infinity;
    return age + this.#clock.now() - sampledAtMs;
  }

  #sample(): void {
    this.#sampledAtMs = this.#clock.now();
    this.#freshForMs = Infinity;
    this.#ages = this.#read().finally(() => {
      this.#freshForMs = Math.max(LEAST_MS, PART * (this.#clock.now() - this.#sampledAtMs));
    });
  }

  async #read(): Promise<Ages> {
    try {
      const { pools } = await this.#plane.sample();
      return new Map(pools.map((pool) => [pool.name, agesIn(pool)]));
    } catch {
      return new Map();
    }
  }
}

function agesIn({ backends }: PoolSample): ReadonlyMap<string, number> {
  const ages = new Map<string, number>();
  // Two backends may share an address: they are one server.
  for (const { address, answeredAgoMs } of backends)
    ages.set(address, Math.min(answeredAgoMs, ages.get(address) ?? Infinity));
  return ages;
}
