import type { Report } from "../contract/report.ts";
import type { FromPlane, Port } from "./messages.ts";

/** Records and defects of sessions that the other end may have been sent and not taken. */
const MOST_OF_SESSIONS = 8_192;
/** The same of all other reports: there may be so many backends. */
const MOST_OTHERS = 16_384;

/** Reports of one kind: those under way, and those that found no room. */
class Lane {
  #underWay = 0;
  #dropped = 0;
  /** Once it was full, it takes no more until it is half empty: so a loss is one, and is told once. */
  #isFull = false;

  constructor(readonly most: number) {}

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Whether there is room for one more, which is under way then. */
  admit(): boolean {
    this.#isFull ||= this.#underWay >= this.most;
    if (this.#isFull) this.#dropped += 1;
    else this.#underWay += 1;
    return !this.#isFull;
  }

  taken(count: number): void {
    this.#underWay -= count;
    this.#isFull &&= this.#underWay > this.most / 2;
  }

  /** How many were dropped since it was asked last. */
  losses(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}

/**
 * Sends reports to the other end of a channel, which tells of each batch that it has taken. So many are under way at most; what
 * is above that is dropped and counted, and a report tells of it once there is room again.
 */
export class Dispatch {
  readonly #port: Port;
  readonly #sessions = new Lane(MOST_OF_SESSIONS);
  readonly #others = new Lane(MOST_OTHERS);
  /** How many of each there are in the batches under way, the oldest first. */
  readonly #underWay: { readonly sessions: number; readonly others: number }[] = [];

  constructor(port: Port) {
    this.#port = port;
  }

  send(reports: readonly Report[]): void {
    const batch = reports.filter((report) => this.#laneOf(report).admit());
    if (batch.length > 0) this.#post(batch);
  }

  /** The oldest batch was taken. */
  taken(): void {
    const { sessions = 0, others = 0 } = this.#underWay.shift() ?? {};
    this.#sessions.taken(sessions);
    this.#others.taken(others);
    if (!this.#sessions.isFull && !this.#others.isFull) this.#tellLosses();
  }

  #tellLosses(): void {
    const dropped = { sessions: this.#sessions.losses(), others: this.#others.losses() };
    if (dropped.sessions + dropped.others > 0) this.send([{ kind: "dropped", ...dropped }]);
  }

  #laneOf(report: Report): Lane {
    return isOfSession(report) ? this.#sessions : this.#others;
  }

  #post(batch: readonly Report[]): void {
    const sessions = batch.filter(isOfSession).length;
    this.#underWay.push({ sessions, others: batch.length - sessions });
    const message: FromPlane = { kind: "reports", batch };
    this.#port.postMessage(message);
  }
}

/** Whether each session may leave one. */
function isOfSession({ kind }: Report): boolean {
  return kind === "session" || kind === "bug";
}
