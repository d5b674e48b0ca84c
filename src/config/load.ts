import { UsageError } from "../command/failure.ts";
import { check } from "./check.ts";
import type { Config } from "./config.ts";
import { readConfigFile } from "./file.ts";
import { checkFlags, type Flags, valueOfFlags } from "./flags.ts";
import { type Mistake, wordsOf } from "./mistake.ts";

/**
 * The configuration of a file, of flags, or of both. Rejects with a UsageError where the flags are wrong, a Failure
 * where the file cannot be read, and ConfigMistakes, all of them, where it can.
 */
export async function loadConfig(flags: Flags): Promise<Config> {
  checkFlags(flags);
  const { config: path } = flags;
  if (path === undefined) return fromFlags(flags);
  const text = await readConfigFile(path);
  return (await textReader()).configOf(text, { ...flags, config: path });
}

/** What reads a file's text: the parser is not loaded where there is no file. */
export function textReader(): Promise<typeof import("./written.ts")> {
  return import("./written.ts");
}

function fromFlags(flags: Flags): Config {
  const { config, mistakes } = check(valueOfFlags(flags));
  if (config !== undefined) return config;
  const mistake = mistakes[0] as Mistake;
  throw new UsageError(`${mistake.path[0] === "listeners" ? "--listen" : "--backend"}: ${wordsOf(mistake)}`);
}
