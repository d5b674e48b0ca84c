import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { systemClock } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import { explain, Failure } from "./failure.ts";
import { launch, type Program } from "./program.ts";
import type { Sign } from "./signs.ts";

/** How a child ended. */
export interface Exit {
  /** Null where a signal ended it; so is `signal` where it could not be started. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last line on its stderr that says something, or why it could not be started; empty where there is none. */
  readonly lastWords: string;
}

/** A child that was not told to end ended, or could not be started. */
export class ChildFailure extends Failure {
  constructor(
    name: string,
    readonly exit: Exit,
  ) {
    super(`${name} ${storyOf(exit)}${exit.lastWords && `: ${exit.lastWords}`}`);
  }
}

/** How long a child may take to get ready, and to end, where nothing else is said. */
const READY_WITHIN_MS = 30_000;
export const GRACE_MS = 2_000;

const KEPT_CHARACTERS = 4_096;
const OUTPUT_AFTER_EXIT_MS = 250;

/** A program while it runs. All it says is read, so that it never waits for us, and only its last words are kept. */
export class Child {
  readonly name: string;
  /** Node's own, for signals and messages. */
  readonly process: ChildProcess;
  /** Resolves when it has ended, whether it was told to or not, or when it could not be started. */
  readonly exited: Promise<Exit>;
  #ending = false;

  /** Starts it. It ends with this process if `Children` started it. */
  constructor(program: Program) {
    this.name = program.name;
    this.process = launch(program);
    this.process.stdout?.setEncoding("utf8").resume();
    this.exited = exitOf(this.process);
  }

  get pid(): number {
    return this.process.pid as number;
  }

  /** Whether it was told to end. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Resolves with what the sign tells; rejects with a Failure where it is not seen in time, or the child ends before. */
  async until<T>({ what, seen }: Sign<T>, withinMs = READY_WITHIN_MS): Promise<T> {
    const late = new Deferred<never>();
    const failure = new Failure(`${this.name} did not ${what} within ${withinMs / 1000} s`);
    using _deadline = systemClock.after(withinMs, () => late.reject(failure));
    const over = new AbortController();
    try {
      return await Promise.race([this.during(seen(this.process, over.signal)), late.promise]);
    } finally {
      over.abort();
    }
  }

  /** Settles as the work does; rejects with a ChildFailure where the child ends before that. */
  during<T>(work: Promise<T>): Promise<T> {
    const ended = this.exited.then((exit) => {
      throw new ChildFailure(this.name, exit);
    });
    return Promise.race([work, ended]);
  }

  /**
   * Tells it to end, and kills it where it takes longer than the grace, at once where that is 0. Resolves when it has ended;
   * a later call may be harsher.
   */
  async end(graceMs = GRACE_MS): Promise<Exit> {
    this.#ending = true;
    this.process.kill(graceMs > 0 ? "SIGTERM" : "SIGKILL");
    using _late = systemClock.after(graceMs, () => this.process.kill("SIGKILL"));
    return await this.exited;
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  const said = lastOf(child.stderr);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      // One that runs has such an event too, where a message does not reach it.
      if (child.pid === undefined) resolve({ code: null, signal: null, lastWords: explain(error) });
    });
    child.once("close", (code, signal) => resolve({ code, signal, lastWords: lastWordsIn(said()) }));
    child.once("exit", () => {
      // A process that it leaves behind may hold its output open.
      const late = systemClock.after(OUTPUT_AFTER_EXIT_MS, () => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      });
      child.once("close", () => late[Symbol.dispose]());
    });
  });
}

function lastOf(stream: Readable | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-KEPT_CHARACTERS);
  });
  return () => text;
}

/** Without the stack that stands behind Node's, and its version behind that. */
function lastWordsIn(text: string): string {
  const lines = text.split("\n").filter((line) => /^[^\s}]/.test(line) && !/^Node\.js v\d/.test(line));
  return lines.at(-1)?.trimEnd() ?? "";
}

function storyOf({ code, signal }: Exit): string {
  if (code === null && signal === null) return "could not be started";
  return `ended before its time (${signal ?? `exit code ${code}`})`;
}
