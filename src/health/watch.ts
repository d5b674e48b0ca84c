import type { Verdict } from "../contract/verdict.ts";
import type { Endpoint } from "../core/address.ts";
import type { Chained } from "../core/chain.ts";
import type { Timer } from "../core/clock.ts";
import type { ProbeFailure } from "./answer.ts";
import { OWN_SHORTAGE } from "./probe.ts";
import type { AskingSettings } from "./probes/index.ts";
import type { HealthSettings } from "./settings.ts";

/** A backend that may be probed, known as a Verdict knows it. */
export interface Target {
  readonly pool: string;
  readonly entry: string;
  readonly endpoint: Endpoint;
  /** Its address as the file has it; default: the endpoint. */
  readonly written?: Endpoint | undefined;
  /** The source address towards it, as sessions have it. */
  readonly localAddress?: string | undefined;
  /** The PROXY protocol version it expects. */
  readonly sendProxy?: "v1" | "v2" | undefined;
  readonly health: HealthSettings;
}

/** A backend that is probed. */
export interface ProbedTarget extends Target {
  readonly health: HealthSettings & { readonly probe: AskingSettings };
}

/**
 * How long the next probe of a backend should take: `quick`, as the last one; or its whole time, as the last one, of a backend
 * that is held to be up (`slow`) or down (`lost`).
 */
export type Prospect = "quick" | "slow" | "lost";

/** One probe that is over. */
export interface PastProbe {
  /** When it began, by the Clock. */
  readonly atMs: number;
  readonly tookMs: number;
  /** Why it failed, in words; null where it passed. */
  readonly failure: string | null;
}

/** One backend's row of probes, and the verdict that comes of it. */
export class Watch implements Chained<Watch> {
  chained = false;
  before: Watch | undefined;
  after: Watch | undefined;
  next: Timer | undefined;
  stopped = false;
  /** The last probe; a session that stands for one is none. */
  last: PastProbe | undefined;
  #alive = true;
  #first = true;
  #slow = false;
  /** Probes in a row that contradict the present verdict. */
  #contradictions = 0;

  constructor(
    public target: ProbedTarget,
    readonly tell: (verdict: Verdict) => void,
  ) {}

  get prospect(): Prospect {
    if (!this.#slow) return "quick";
    return this.#alive ? "slow" : "lost";
  }

  /** Whether a session that the backend answers proves as much as a passed probe: nothing is asked, and it was up before. */
  get acceptsSessions(): boolean {
    const { probe, port } = this.target.health;
    return probe.kind === "tcp" && port === undefined && this.#alive && !this.#first;
  }

  stop(): void {
    this.stopped = true;
    this.next?.[Symbol.dispose]();
  }

  /** The backend is not probed any more, so nothing speaks against it. */
  acquit(): void {
    this.stop();
    if (!this.#alive) this.#tell(true, "not probed any more");
  }

  /** A probe is over. */
  saw(failure: ProbeFailure, tookMs: number): void {
    this.#slow = tookMs >= this.target.health.timeoutMs / 2;
    if (this.stopped || failure === OWN_SHORTAGE) return;
    const passed = failure === undefined;
    this.#contradictions = passed === this.#alive ? 0 : this.#contradictions + 1;
    const { rise, fall } = this.target.health;
    const needed = this.#first ? 1 : passed ? rise : fall;
    this.#first = false;
    if (this.#contradictions < needed) return;
    if (passed !== this.#alive) this.#turn(passed, failure);
  }

  #turn(alive: boolean, failure: ProbeFailure): void {
    const probes = `${this.#contradictions} ${this.#contradictions === 1 ? "probe" : "probes in a row"}`;
    this.#alive = alive;
    this.#contradictions = 0;
    this.#tell(alive, alive ? `${probes} passed` : `${probes} failed: ${failure}`);
  }

  #tell(alive: boolean, reason: string): void {
    const { pool, entry, endpoint } = this.target;
    this.tell({ pool, entry, endpoint, alive, reason });
  }
}
