import { parentPort, workerData } from "node:worker_threads";
import { effective } from "./effective.ts";
import type { Mistake } from "./mistake.ts";
import { warnings } from "./warnings.ts";
import { readConfig } from "./written.ts";

/** What `lb check` would say of a text. */
export type TextChecked =
  | { readonly kind: "right"; readonly effective: string; readonly warnings: readonly string[] }
  | { readonly kind: "wrong"; readonly mistakes: readonly Mistake[] };

parentPort?.postMessage(checked(workerData as string));

function checked(text: string): TextChecked {
  const { config, mistakes } = readConfig(text);
  if (config === undefined) return { kind: "wrong", mistakes };
  return { kind: "right", effective: effective(config), warnings: warnings(config) };
}
