import type { Report } from "../../contract/report.ts";
import type { Clock } from "../../core/clock.ts";
import { readableDuration } from "../../core/duration.ts";
import type { Plane } from "../../plane/plane.ts";

const KEPT = 200;
const LONGEST = 300;

/** Whether something got worse, is well again, or only happened. */
type Tone = "bad" | "good" | "plain";

/** One thing that happened, as a sentence without its subject. */
export interface Piece {
  readonly at: string;
  readonly tone: Tone;
  /** `POOL/BACKEND`, `POOL`, or who made a change. */
  readonly subject: string;
  readonly text: string;
}

/** The latest changes of state and the latest words of operators, for readers that come later. */
export class News implements Disposable {
  readonly #clock: Clock;
  readonly #subscription: Disposable;
  #pieces: Piece[] = [];

  constructor({ clock, plane }: { readonly clock: Clock; readonly plane: Pick<Plane, "subscribe"> }) {
    this.#clock = clock;
    const hear = (batch: readonly Report[]) => {
      for (const report of batch) this.#hear(report);
    };
    this.#subscription = plane.subscribe(hear, { records: false });
  }

  /** The oldest first. */
  get all(): readonly Piece[] {
    return this.#pieces;
  }

  /** Those that came after one, or all where that is gone. */
  after(last: Piece | undefined): readonly Piece[] {
    return last === undefined ? this.#pieces : this.#pieces.slice(this.#pieces.lastIndexOf(last) + 1);
  }

  /** What an operator did. */
  operator(subject: string, text: string): void {
    this.#add("plain", subject, text);
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  #hear(report: Report): void {
    const told = sentenceOf(report);
    if (told !== undefined) this.#add(...told);
  }

  #add(tone: Tone, subject: string, text: string): void {
    const at = new Date(this.#clock.wallMs()).toISOString();
    const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    this.#pieces = [...this.#pieces.slice(1 - KEPT), { at, tone, subject, text: short }];
  }
}

const TONES: Readonly<Record<string, Tone>> = { up: "good", down: "bad", ejected: "bad" };

function sentenceOf(report: Report): [tone: Tone, subject: string, text: string] | undefined {
  switch (report.kind) {
    case "backend": {
      const { pool, backend, state, was, lastedMs, reason } = report;
      const text = `${state}: ${reason}; ${was} for ${readableDuration(lastedMs)} before`;
      return [TONES[state] ?? "plain", `${pool}/${backend}`, text];
    }
    case "drained":
      return [
        "good",
        `${report.pool}/${report.backend}`,
        `drained in ${readableDuration(report.tookMs)}: no session is left`,
      ];
    case "sessions-ended":
      return [
        "plain",
        `${report.pool}/${report.backend}`,
        `${counted(report.sessions, "session")} ended: ${report.reason}`,
      ];
    case "no-backend":
      return ["bad", report.pool, `no usable backend for ${counted(report.sessions, "session")}`];
    case "unanswered":
      return ["bad", report.pool, `no backend answered ${counted(report.sessions, "session")}`];
    case "own-fault":
      return [
        "bad",
        report.pool,
        `${counted(report.dials, "dial")} failed for this machine's own reason: ${report.code}`,
      ];
    case "bug":
      return ["bad", report.session, "a defect ended this session; the log says more"];
    case "session":
      return undefined;
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
