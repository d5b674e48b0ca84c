import type { BackendStatus, OperationalState } from "../contract/backend.ts";
import type { Backend } from "../live/backend.ts";
import { type Trial, trials } from "../live/trial.ts";

/** What one backend is held to be: whether its probes pass, whether it is ejected, whether it is a member still. */
export class Standing {
  alive = true;
  ejected = false;
  /** Its ejection is over, and one session at a time is given to it until one has decided. */
  trial: Trial = trials.none;
  /** It is a member of no pool any more. */
  retired = false;

  constructor(readonly backend: Backend) {}

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
