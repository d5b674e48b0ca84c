import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { within } from "../support/peer.ts";

const LB = fileURLToPath(new URL("../../dist/lb.js", import.meta.url));

/** The command on a terminal of 80 columns; undefined where this machine has no util-linux to make one. */
export const onTerminal =
  spawnSync("script", ["--version"]).stdout?.includes("util-linux") === true ? commandOnTerminal : undefined;

function commandOnTerminal(...words: readonly string[]) {
  return new Terminal(words);
}

class Terminal implements AsyncDisposable {
  text = "";
  readonly #script: ReturnType<typeof spawn>;
  readonly #closed: Promise<unknown>;

  constructor(words: readonly string[]) {
    const command = ["stty cols 80; exec", process.execPath, LB, ...words].join(" ");
    const { NO_COLOR: _, ...env } = process.env;
    this.#script = spawn("script", ["-qfec", command, "/dev/null"], {
      stdio: ["ignore", "pipe", "inherit"],
      env,
    });
    this.#closed = once(this.#script, "close");
    this.#script.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      this.text += chunk;
    });
  }

  async shows(pattern: RegExp): Promise<void> {
    const look = async () => {
      while (!pattern.test(this.text)) await once(this.#script.stdout as NodeJS.ReadableStream, "data");
    };
    await within(`${pattern} in ${this.text}`, look());
  }

  /** All that stood there, when the command has ended. */
  async ended(): Promise<string> {
    await within("the end of a command on a terminal", this.#closed);
    return this.text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#script.kill("SIGKILL");
    await this.#closed;
  }
}
