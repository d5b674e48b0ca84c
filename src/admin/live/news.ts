import type { Report } from "../../contract/report.ts";
import type { Clock } from "../../core/clock.ts";
import { readableDuration } from "../../core/duration.ts";
import { Throttle } from "../../core/throttle.ts";
import type { Plane } from "../../plane/plane.ts";

const KEPT = 200;
const LONGEST = 300;
/** Alarms of one kind that come each second would push out what led to them. */
const ALARM_EVERY_MS = 60_000;

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
  readonly #alarms = new Map<string, Throttle>();
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
    const alarm = alarmOf(report);
    const told = sentenceOf(report);
    if (alarm !== undefined) this.#alarm(alarm);
    else if (told !== undefined) this.#add(...told);
  }

  /** The first at once, then once a minute with how many there were. */
  #alarm({ pool, count, words }: Alarm): void {
    const key = `${pool} ${words(2)}`;
    for (const [known, { quiet }] of this.#alarms) if (quiet) this.#alarms.delete(known);
    const tell = (sum: number) => this.#add("bad", pool, words(sum));
    const throttle = this.#alarms.get(key) ?? new Throttle(this.#clock, ALARM_EVERY_MS, tell);
    this.#alarms.set(key, throttle);
    throttle.happened(count);
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
    case "bug":
      return ["bad", report.session, "a defect ended this session; the log says more"];
    case "no-backend":
    case "unanswered":
    case "own-fault":
    case "session":
    case "dropped":
      return undefined;
  }
}

/** What a pool says loudly, again and again. */
interface Alarm {
  readonly pool: string;
  readonly count: number;
  readonly words: (count: number) => string;
}

function alarmOf(report: Report): Alarm | undefined {
  switch (report.kind) {
    case "no-backend":
      return {
        pool: report.pool,
        count: report.sessions,
        words: (sum) => `no usable backend for ${counted(sum, "session")}`,
      };
    case "unanswered":
      return {
        pool: report.pool,
        count: report.sessions,
        words: (sum) => `no backend answered ${counted(sum, "session")}`,
      };
    case "own-fault":
      return {
        pool: report.pool,
        count: report.dials,
        words: (sum) => `${counted(sum, "dial")} failed for this machine's own reason: ${report.code}`,
      };
    default:
      return undefined;
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
