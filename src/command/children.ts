import { Child, GRACE_MS } from "./child.ts";
import { Failure } from "./failure.ts";
import type { Program } from "./program.ts";

/** Children that do not outlive this process, whichever way it ends. */
export class Children implements AsyncDisposable {
  readonly #running = new Set<Child>();
  readonly #kill = () => {
    for (const child of this.#running) void child.end(0);
  };
  #over = false;

  /** `graceMs`: how long each may take to end, where nothing else is said; see Child. */
  constructor(readonly graceMs: number = GRACE_MS) {
    process.once("exit", this.#kill);
  }

  /** Starts a program; throws a Failure once they are told to end. */
  start(program: Program): Child {
    if (this.#over) throw new Failure(`${program.name} is not started any more`);
    const child = new Child(program);
    this.#running.add(child);
    void child.exited.then(() => this.#running.delete(child));
    return child;
  }

  /** Ends all of them, after which none is left and none starts any more; a later call may be harsher. */
  async end(graceMs: number = this.graceMs): Promise<void> {
    this.#over = true;
    await Promise.all([...this.#running].map((child) => child.end(graceMs)));
    process.off("exit", this.#kill);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}
