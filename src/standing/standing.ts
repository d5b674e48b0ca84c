import type { BackendStatus, OperationalSource, OperationalState } from "../contract/backend.ts";
import type { Backend } from "../live/backend.ts";
import { type Trial, trials } from "../live/trial.ts";

/** Something that was found of a backend: by what, since when it has been so, by the Clock, and why, in words. */
interface Found {
  readonly source: OperationalSource;
  readonly sinceMs: number;
  readonly reason: string;
}

/** The operational state and what made it so. */
interface Finding extends Found {
  readonly operational: OperationalState;
}

const NOTHING = "nothing speaks against it";

/** What one backend is held to be: whether its probes pass, whether it is ejected, whether it is a member still. */
export class Standing {
  /** Its ejection is over, and one session at a time is given to it until one has decided. */
  trial: Trial = trials.none;
  /** It is a member of no pool any more. */
  retired = false;

  #alive = true;
  #ejected = false;
  #byProbes: Found;
  #byDials: Found;

  /** `nowMs`: the Clock's. */
  constructor(
    readonly backend: Backend,
    nowMs: number,
  ) {
    this.#byProbes = { source: "start", sinceMs: nowMs, reason: NOTHING };
    this.#byDials = this.#byProbes;
  }

  /** Whether its probes pass. */
  get alive(): boolean {
    return this.#alive;
  }

  get ejected(): boolean {
    return this.#ejected;
  }

  /** What probes found. */
  probed(alive: boolean, reason: string, nowMs: number): void {
    const sinceMs = alive === this.#alive ? this.#byProbes.sinceMs : nowMs;
    this.#byProbes = { source: "probe", reason, sinceMs };
    this.#alive = alive;
  }

  /** What sessions found. */
  tried(ejected: boolean, trial: Trial, reason: string, nowMs: number): void {
    const sinceMs = ejected === this.#ejected ? this.#byDials.sinceMs : nowMs;
    this.#byDials = { source: "dials", reason, sinceMs };
    this.#ejected = ejected;
    this.trial = trial;
  }

  /** The operational state, and what made it so: of one that is up, what was found last. */
  get finding(): Finding {
    const { operational } = this;
    const [probes, dials] = [this.#byProbes, this.#byDials];
    const byProbes = operational === "down" || (operational === "up" && probes.sinceMs > dials.sinceMs);
    return { operational, ...(byProbes ? probes : dials) };
  }

  get onTrial(): boolean {
    return this.trial !== trials.none;
  }

  get operational(): OperationalState {
    if (!this.alive) return "down";
    return this.ejected ? "ejected" : "up";
  }

  get status(): BackendStatus {
    const { state } = this.backend.settings;
    if (state === "ready") return this.operational;
    return state === "drain" ? "draining" : "maint";
  }

  /** Whether it keeps the sessions it has and gets no other, because that is wanted. */
  get leaving(): boolean {
    return this.retired || this.backend.settings.state !== "ready";
  }

  /** Whether it may get a new session, but for its ejection. */
  get eligible(): boolean {
    return this.alive && !this.leaving && this.backend.weight > 0;
  }

  /** Whether it may get a new session. */
  get usable(): boolean {
    return !this.ejected && this.eligible;
  }
}
