import { emitKeypressEvents } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";

/** A terminal, as far as a page needs one. */
export interface Terminal {
  readonly input: Pick<ReadStream, "isTTY" | "setRawMode" | "on" | "off" | "resume" | "pause">;
  readonly output: Pick<WriteStream, "columns" | "rows" | "write" | "on" | "off" | "writableNeedDrain">;
}

// The second screen, without a cursor, where a line that is too long does not go on in the next.
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const LEAVE = "\u001b[?7h\u001b[?25h\u001b[?1049l";
// A terminal that knows it shows a frame at once; others show it as it comes.
const BEGIN = "\u001b[?2026h\u001b[H";
const END = "\u001b[?2026l";
// Before its text: behind a line that is full it would take the last character.
const EMPTY_LINE = "\u001b[2K";
const SMALLEST = { columns: 80, rows: 24 };

/** What a screen tells of. */
export interface ScreenEvents {
  /** A key, by its name or its character. */
  key(key: string): void;
  /** What stands there is to be drawn anew. */
  redraw(): void;
}

/** The whole terminal, until it is disposed of or the process ends: then all is as it was before. */
export class Screen implements Disposable {
  readonly #terminal: Terminal;
  readonly #events: ScreenEvents;
  #entered = false;

  constructor(terminal: Terminal, events: ScreenEvents) {
    this.#terminal = terminal;
    this.#events = events;
    const { input, output } = terminal;
    process.on("exit", this.#leave);
    process.on("SIGTSTP", this.#stop);
    process.on("SIGCONT", this.#return);
    output.on("resize", events.redraw);
    for (const stream of [input, output]) stream.on("error", this.#hangUp);
    if (input.isTTY) {
      emitKeypressEvents(input as ReadStream);
      input.on("keypress", this.#hear);
      input.resume();
    }
    this.#enter();
  }

  /** A terminal that knows no size says 0. */
  get size(): { readonly columns: number; readonly rows: number } {
    const { columns, rows } = this.#terminal.output;
    return { columns: columns || SMALLEST.columns, rows: rows || SMALLEST.rows };
  }

  /** Shows a page; leaves it out where the terminal has not taken the one before. */
  show(lines: readonly string[]): void {
    const { output } = this.#terminal;
    if (!this.#entered || output.writableNeedDrain) return;
    output.write(BEGIN + lines.map((line) => EMPTY_LINE + line).join("\r\n") + END);
  }

  [Symbol.dispose](): void {
    const { input, output } = this.#terminal;
    process.off("exit", this.#leave);
    process.off("SIGTSTP", this.#stop);
    process.off("SIGCONT", this.#return);
    output.off("resize", this.#events.redraw);
    input.off("keypress", this.#hear);
    input.pause();
    this.#leave();
  }

  /** The process was stopped, and a shell may have had the terminal meanwhile. */
  readonly #return = () => {
    this.#enter();
    this.#events.redraw();
  };

  #enter(): void {
    this.#entered = true;
    if (this.#terminal.input.isTTY) this.#terminal.input.setRawMode(true);
    this.#terminal.output.write(ENTER);
  }

  readonly #leave = () => {
    if (!this.#entered) return;
    this.#entered = false;
    if (this.#terminal.input.isTTY) this.#terminal.input.setRawMode(false);
    this.#terminal.output.write(LEAVE);
  };

  readonly #hear = (character: string | undefined, { name, ctrl }: { name?: string; ctrl?: boolean }) => {
    if (ctrl && name === "c") process.kill(process.pid, "SIGINT");
    // To all of its group, as the terminal itself would.
    else if (ctrl && name === "z") process.kill(0, "SIGTSTP");
    else if (ctrl && name === "l") this.#events.redraw();
    else if (!ctrl) this.#events.key(character !== undefined && character > " " ? character : (name ?? ""));
  };

  /** A terminal that closed tells only its own session by a signal. */
  readonly #hangUp = () => process.kill(process.pid, "SIGHUP");

  readonly #stop = () => {
    this.#leave();
    process.kill(process.pid, "SIGSTOP");
  };
}
