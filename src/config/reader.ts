import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Failure } from "../command/failure.ts";
import type { Config } from "./config.ts";
import { readConfigFile } from "./file.ts";
import type { Flags } from "./flags.ts";
import { loadConfig, textReader } from "./load.ts";
import type { Part, Task } from "./reading-thread.ts";
import { warnings } from "./warnings.ts";

// As it is built, also where this file is run from its source.
const THREAD = fileURLToPath(new URL("../../dist/config/reading-thread.js", import.meta.url));

/** What reading the configuration again came to. */
export interface Reading {
  /** The very one of before where the text is the same. */
  readonly config: Config;
  /** What changed, a line each; see `difference`. */
  readonly changes: readonly string[];
  /** See `warnings`. */
  readonly warnings: readonly string[];
}

/** What a configuration was read from, and its warnings: to look for those of a thousand pools takes a while. */
interface Read extends Pick<Reading, "warnings"> {
  readonly text: string;
}

/** Reads the configuration of a command line: at the start at once, later in a thread of its own while traffic goes on. */
export class ConfigReader {
  readonly #flags: Flags;
  readonly #read = new WeakMap<Config, Read>();

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  /** Rejects as loadConfig does. */
  async first(): Promise<Config> {
    const { config: path } = this.#flags;
    if (path === undefined) return loadConfig(this.#flags);
    const text = await readConfigFile(path);
    const { configOf } = await textReader();
    const config = configOf(text, { ...this.#flags, config: path });
    this.#read.set(config, { text, warnings: warnings(config) });
    return config;
  }

  /** Reads the file again; `before` is what it was and still is. Rejects with what is wrong with it. */
  async again(before: Config): Promise<Reading> {
    const { config: path } = this.#flags;
    if (path === undefined) throw new Failure("there is no configuration file to read again");
    const text = await readConfigFile(path);
    const old = this.#read.get(before);
    if (text === old?.text) return { config: before, changes: [], warnings: old.warnings };
    const reading = await readInThread({ flags: { ...this.#flags, config: path }, before: old?.text, text });
    this.#read.set(reading.config, { text, warnings: reading.warnings });
    return reading;
  }
}

/** The thread hands the configuration over in parts: one message of thousands of pools would stop traffic while it is unpacked. */
async function readInThread(task: Task): Promise<Reading> {
  const thread = new Worker(THREAD, { workerData: task });
  try {
    const pools: [string, Config["pools"][string]][] = [];
    const clients: Config["clients"]["list"][number][] = [];
    for (;;) {
      const [part] = (await once(thread, "message")) as [Part];
      if (part.kind === "refused") throw new Failure(part.message);
      if (part.kind === "pools") pools.push(...part.pools);
      if (part.kind === "clients") clients.push(...part.clients);
      if (part.kind === "rest") {
        const { kind: _, config, ...rest } = part;
        const list = { ...config.clients, list: clients };
        return { config: { ...config, pools: Object.fromEntries(pools), clients: list }, ...rest };
      }
      thread.postMessage("more");
    }
  } finally {
    await thread.terminate();
  }
}
