import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { Failure } from "#lb/command/failure";
import type { Answer, Listen, Task } from "./messages.ts";

const ANSWER_WITHIN_MS = 60_000;
const KEPT_OF_STDERR = 2_000;

/** A process of the benchmark, until it is ended. */
export class Running {
  /** Rejects, with the last the process said, when it ends before it was told to. */
  readonly ended: Promise<never>;
  #said = "";

  constructor(
    readonly name: string,
    readonly process: ChildProcess,
  ) {
    process.stdout?.resume();
    process.stderr?.on("data", (chunk) => {
      this.#said = `${this.#said}${chunk}`.slice(-KEPT_OF_STDERR);
    });
    this.ended = new Promise((_, reject) => {
      process.on("error", reject);
      process.on("close", () => reject(new Failure(`${name} ended: ${this.#lastLine()}`)));
    });
    this.ended.catch(() => {});
  }

  get pid(): number {
    return this.process.pid as number;
  }

  /** Has the load generator or the backend do something; throws a Failure where it could not, or not in time. */
  async ask(request: Task | Listen): Promise<Answer> {
    this.process.send(request);
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answered = once(this.process, "message", { signal }).catch(() => {
      throw new Failure(`${this.name} had not finished "${request.do}" after ${ANSWER_WITHIN_MS / 1000} s`);
    });
    const [answer] = (await Promise.race([answered, this.ended])) as [Answer];
    if (answer.failed !== undefined) throw new Failure(`${this.name}, at "${request.do}": ${answer.failed}`);
    return answer;
  }

  /** Ends it at once: there is nothing in it to lose. */
  async end(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended.catch(() => {});
  }

  #lastLine(): string {
    return this.#said.trimEnd().split("\n").at(-1) || "without a word";
  }
}

/** Every process of one benchmark: when this is disposed of, none is left and none starts any more. */
export class Processes implements Disposable {
  readonly #running = new Set<Running>();
  #disposed = false;

  /** Starts a proxy; what it prints is read and dropped. */
  start(name: string, [file, ...args]: readonly string[]): Running {
    return this.#start(name, file as string, args, ["ignore", "pipe", "pipe"]);
  }

  /** Starts one of our own scripts, which can be asked. */
  script(name: string, url: URL): Running {
    return this.#start(name, process.execPath, [url.pathname], ["ignore", "ignore", "pipe", "ipc"]);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const running of this.#running) void running.end();
  }

  #start(name: string, file: string, args: readonly string[], stdio: StdioOptions): Running {
    if (this.#disposed) throw new Failure("interrupted");
    const running = new Running(name, spawn(file, args, { stdio }));
    this.#running.add(running);
    running.process.on("exit", () => this.#running.delete(running));
    return running;
  }
}
