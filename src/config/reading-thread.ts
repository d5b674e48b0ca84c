import { constants, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { Config } from "./config.ts";
import { difference } from "./difference.ts";
import { warnings } from "./warnings.ts";
import { configOf } from "./written.ts";

type FileFlags = Parameters<typeof configOf>[1];

/** What a thread is to read. */
export interface Task {
  readonly flags: FileFlags;
  /** The text that holds so far; undefined: nothing is compared. */
  readonly before: string | undefined;
  readonly text: string;
}

/** One message of the thread; it sends the next when it is asked for more. */
export type Part =
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "pools"; readonly pools: readonly [string, Config["pools"][string]][] }
  | { readonly kind: "clients"; readonly clients: Config["clients"]["list"] }
  /** The last one: the configuration without what came before. */
  | {
      readonly kind: "rest";
      readonly config: Config;
      readonly changes: readonly string[];
      readonly warnings: readonly string[];
    };

const POOLS_A_PART = 50;
const CLIENTS_A_PART = 2_000;

stepBack();
const parts = partsOf(workerData as Task);
parentPort?.on("message", () => parentPort?.postMessage(parts.next().value));
parentPort?.postMessage(parts.next().value);

function* partsOf({ flags, before, text }: Task): Generator<Part, void> {
  const config = readOrRefusal(text, flags);
  if (typeof config === "string") return yield { kind: "refused", message: config };
  const changes = before === undefined ? [] : difference(configOf(before, flags), config);
  const pools = Object.entries(config.pools);
  for (let at = 0; at < pools.length; at += POOLS_A_PART)
    yield { kind: "pools", pools: pools.slice(at, at + POOLS_A_PART) };
  const { list } = config.clients;
  for (let at = 0; at < list.length; at += CLIENTS_A_PART)
    yield { kind: "clients", clients: list.slice(at, at + CLIENTS_A_PART) };
  yield {
    kind: "rest",
    config: { ...config, pools: {}, clients: { ...config.clients, list: [] } },
    changes,
    warnings: warnings(config),
  };
}

/** Where cores are few, traffic comes first. Linux gives each thread a priority of its own; elsewhere it would be the process's. */
function stepBack(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A sandbox may forbid it: then both are equal.
  }
}

function readOrRefusal(text: string, flags: FileFlags): Config | string {
  try {
    return configOf(text, flags);
  } catch (error) {
    return (error as Error).message;
  }
}
