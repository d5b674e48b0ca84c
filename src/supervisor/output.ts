import type { Readable } from "node:stream";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../observe/log.ts";

const LONGEST = 4_096;
const LINES_PER_SEC = 100;
const BYTES_PER_SEC = 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * What copies say, in the balancer's log: so many lines a second of each, none too long, and the rest counted. A copy that
 * says more than a mebibyte in a second waits for the next: to read it would take the time of sessions.
 */
export class Output {
  readonly #copy: string;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #streams = new Set<Readable>();
  #room = LINES_PER_SEC;
  #bytes = 0;
  #dropped = 0;
  #timer: Disposable | undefined;

  constructor(copy: string, log: Log, clock: Clock) {
    this.#copy = copy;
    this.#log = log;
    this.#clock = clock;
  }

  /** Logs the lines of a stream until it ends. */
  follow(stream: "stdout" | "stderr", output: Readable): void {
    let held: Buffer[] = [];
    let bytes = 0;
    const end = () => {
      if (bytes > 0) this.#say(stream, Buffer.concat(held).subarray(0, LONGEST), bytes > LONGEST);
      held = [];
      bytes = 0;
    };
    this.#streams.add(output);
    output.on("close", () => this.#streams.delete(output));
    output.on("data", (chunk: Buffer) => {
      this.#count(chunk.length);
      for (const part of partsOf(chunk)) {
        if (part === undefined) end();
        else {
          // Of a line that is too long the rest is not even held.
          if (bytes <= LONGEST) held.push(Buffer.from(part.subarray(0, LONGEST + 1)));
          bytes += part.length;
        }
      }
    });
    output.on("end", end);
    output.on("error", end);
  }

  #count(bytes: number): void {
    this.#timer ??= this.#clock.after(1_000, () => this.#refill());
    this.#bytes += bytes;
    if (this.#bytes > BYTES_PER_SEC) for (const output of this.#streams) output.pause();
  }

  #say(stream: "stdout" | "stderr", line: Buffer, cut: boolean): void {
    if (this.#room === 0) {
      this.#dropped += 1;
      return;
    }
    this.#room -= 1;
    const said = line.toString("utf8").trimEnd();
    this.#log.logger.info({ copy: this.#copy, stream, line: said, ...(cut && { cut }) }, "copy says");
  }

  #refill(): void {
    this.#timer = undefined;
    this.#room = LINES_PER_SEC;
    this.#bytes = 0;
    for (const output of this.#streams) output.resume();
    if (this.#dropped > 0)
      this.#log.logger.warn({ copy: this.#copy, lines: this.#dropped }, "lines of a copy dropped");
    this.#dropped = 0;
  }
}

/** The parts of a chunk between its line ends; undefined stands for each line end. */
function* partsOf(chunk: Buffer): Iterable<Buffer | undefined> {
  let start = 0;
  for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
    if (end > start) yield chunk.subarray(start, end);
    yield undefined;
    start = end + 1;
  }
  if (start < chunk.length) yield chunk.subarray(start);
}
