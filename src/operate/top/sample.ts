import type { Clock } from "../../core/clock.ts";
import { type AdminClient, Refused } from "../admin-client.ts";
import { type Health, health, type Status, status } from "../documents.ts";
import { type ConnectTimes, connectTimes, type Dials, dialsIn } from "./connect-times.ts";

/** Percentiles are those of so long: one second alone has often too few dials. */
const WINDOW_MS = 10_000;
/** Metrics of a thousand pools are work: they are asked for in a twentieth of the time. */
const METRICS_SHARE = 1 / 20;

/** What the API said at one moment. */
export interface Sample {
  /** By the Clock. */
  readonly atMs: number;
  /** Unix time. */
  readonly wallMs: number;
  readonly status: Status;
  readonly health: Health;
  /** How long connecting took in the last ten seconds, by pool. */
  readonly connect: ReadonlyMap<string, ConnectTimes>;
}

/** Takes one sample after another. */
export class Sampler {
  readonly #client: AdminClient;
  readonly #clock: Clock;
  /** The oldest first. */
  #looks: { readonly atMs: number; readonly dials: ReadonlyMap<string, Dials> }[] = [];
  #metricsDueMs = -Infinity;

  constructor(client: AdminClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Rejects with a Failure where the API does not answer, or refuses. */
  async sample(): Promise<Sample> {
    const [now, healthNow] = await Promise.all([
      this.#client.ask({ method: "GET", path: "/api/v1/status", answer: status }),
      healthOf(this.#client),
      this.#lookAtDials(),
    ]);
    const [atMs, wallMs] = [this.#clock.now(), this.#clock.wallMs()];
    return { atMs, wallMs, status: now, health: healthNow, connect: this.#connect() };
  }

  async #lookAtDials(): Promise<void> {
    const atMs = this.#clock.now();
    if (atMs < this.#metricsDueMs) return;
    const dials = dialsIn(await this.#client.text("/metrics"));
    const doneMs = this.#clock.now();
    this.#metricsDueMs = doneMs + (doneMs - atMs) / METRICS_SHARE - 1_000;
    // One look from before the window is its beginning.
    const before = this.#looks.findLastIndex((look) => look.atMs <= atMs - WINDOW_MS);
    this.#looks = [...this.#looks.slice(Math.max(0, before)), { atMs, dials }];
  }

  #connect(): ReadonlyMap<string, ConnectTimes> {
    const [first, last] = [this.#looks[0], this.#looks.at(-1)];
    // One look alone has what was since the start, however long ago that is.
    if (first === undefined || last === undefined || first === last) return new Map();
    const before = (pool: string) => first.dials.get(pool) ?? [];
    return new Map([...last.dials].map(([pool, dials]) => [pool, connectTimes(before(pool), dials)]));
  }
}

/** A balancer that stops has a status, and says of its health that it stops. */
export async function healthOf(client: AdminClient): Promise<Health> {
  return client.ask({ method: "GET", path: "/health", answer: health }).catch((error) => {
    if (error instanceof Refused) return { status: "degraded" as const, reasons: [error.message] };
    throw error;
  });
}
