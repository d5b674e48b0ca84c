import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const call = promisify(execFile);

/** Whether this machine has tmux. */
export const hasTmux = spawnSync("tmux", ["-V"]).status === 0;

/** A terminal of its own, with a command in it; the command and the terminal end when it is disposed of. */
export class Tmux implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** `command`: of a shell. */
  static async start(command: string, columns: number, rows: number): Promise<Tmux> {
    const tmux = new Tmux(await mkdtemp(join(tmpdir(), "tmux-")));
    const size = ["-x", String(columns), "-y", String(rows)];
    await tmux.#does("new-session", "-d", ...size, command);
    return tmux;
  }

  /** What stands on it, a line for each row. */
  async lines(): Promise<string[]> {
    return (await this.#does("capture-pane", "-p")).split("\n").slice(0, -1);
  }

  /** A word of tmux about it, such as `pane_pid` or `alternate_on`. */
  async says(what: string): Promise<string> {
    return (await this.#does("display-message", "-p", `#{${what}}`)).trim();
  }

  async press(...keys: readonly string[]): Promise<void> {
    await this.#does("send-keys", ...keys);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#does("resize-window", "-x", String(columns), "-y", String(rows));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#does("kill-server").catch(() => {});
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #does(...words: readonly string[]): Promise<string> {
    const server = ["-S", join(this.#folder, "socket"), "-f", "/dev/null", "-u"];
    const { NO_COLOR: _, ...env } = process.env;
    const { stdout } = await call("tmux", [...server, ...words], { env: { ...env, TERM: "xterm-256color" } });
    return stdout;
  }
}
