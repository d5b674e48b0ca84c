import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { explain } from "../command/failure.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import type { Log } from "../observe/log.ts";

// As it is built, also where this file is run from its source.
const SCRIPT = fileURLToPath(new URL("../../dist/supervisor/guard-process.js", import.meta.url));
const AGAIN_MS = 1_000;
const ENDS_WITHIN_MS = 1_000;
/** A guard that leaves so much unread does not run. */
const MOST_UNREAD = 64 * 1024;

/**
 * Has process groups killed when this process ends, however it does, also by kill -9: by a small process that is told of them,
 * and that is started again where it ends, until this is disposed of.
 */
export class Guard implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #groups = new Set<number>();
  #child: ChildProcess | undefined;
  #again: Timer | undefined;
  #closed = false;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Has its process run from now on, so that a group that begins next is told of in that moment. */
  begin(): void {
    if (this.#child === undefined && this.#again === undefined) this.#start();
  }

  /** Guards a group until it is disposed of, which is to be once the group was killed or has ended. */
  watch(group: number): Disposable {
    this.#groups.add(group);
    this.#tell(`+${group}\n`);
    return {
      [Symbol.dispose]: () => {
        if (this.#groups.delete(group)) this.#tell(`-${group}\n`);
      },
    };
  }

  /** Resolves when its process has ended, a second later at the latest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#again?.[Symbol.dispose]();
    const child = this.#child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = new Deferred<void>();
    using _late = this.#clock.after(ENDS_WITHIN_MS, () => over.resolve());
    child.once("exit", () => over.resolve());
    child.stdin?.end();
    await over.promise;
  }

  #start(): void {
    this.#again = undefined;
    if (this.#closed) return;
    try {
      const child = spawn(process.execPath, [SCRIPT], {
        detached: true,
        stdio: ["pipe", "ignore", "ignore"],
        env: {},
      });
      child.on("error", (error) => this.#lost(child, explain(error)));
      child.once("exit", (code, signal) => this.#lost(child, signal ?? `exit code ${code}`));
      this.#child = child;
      // It is no reason to go on.
      child.unref();
      // Where the system refuses, there are no streams.
      const input = child.stdin as Socket | undefined;
      input?.on("error", () => {});
      input?.unref();
      this.#tell(Array.from(this.#groups, (group) => `+${group}\n`).join(""));
    } catch (error) {
      this.#lost(undefined, explain(error));
    }
  }

  #tell(text: string): void {
    const input: ChildProcess["stdin"] | undefined = this.#child?.stdin;
    input?.write(text);
    if (input && input.writableLength > MOST_UNREAD) this.#child?.kill("SIGKILL");
  }

  #lost(child: ChildProcess | undefined, reason: string): void {
    if (this.#child !== child || this.#closed) return;
    this.#child = undefined;
    this.#log.logger.warn({ reason }, "guard of copies ended");
    this.#again = this.#clock.after(AGAIN_MS, () => this.#start());
  }
}
