import { UsageError } from "../command/failure.ts";
import { type Checked, check } from "./check.ts";
import type { Config } from "./config.ts";
import { readDocument } from "./document.ts";
import { readConfigFile } from "./file.ts";
import { checkFlags, type Flags, valueOfFlags, withFlags } from "./flags.ts";
import { ConfigMistakes, type Mistake, wordsOf } from "./mistake.ts";

/**
 * The configuration of a file, of flags, or of both. Rejects with a UsageError where the flags are wrong, a Failure
 * where the file cannot be read, and ConfigMistakes, all of them, where it can.
 */
export async function loadConfig(flags: Flags): Promise<Config> {
  checkFlags(flags);
  if (flags.config === undefined) return fromFlags(flags);
  return configOf(await readConfigFile(flags.config), flags);
}

/** The configuration of a file's text under the flags; throws ConfigMistakes, all of them, or a UsageError where the flags are wrong. */
export function configOf(text: string, flags: Flags): Config {
  checkFlags(flags);
  const { config, mistakes } = readConfig(text, flags);
  if (config === undefined) throw new ConfigMistakes(flags.config ?? "configuration", mistakes);
  return config;
}

/** A file's text, YAML or JSON by its content, under the flags beside it; mistakes in the order of the lines. */
export function readConfig(text: string, flags: Flags = {}): Checked {
  const { value, mistakes: ofWriting, lineOf } = readDocument(text);
  if (value === undefined) return { config: undefined, mistakes: ofWriting };
  const { config, mistakes } = check(withFlags(value, flags));
  // Of that key the writing has told already.
  const others = mistakes.filter(({ path }) => path.at(-1) !== "__proto__");
  const placed = others.map((mistake) => ({ ...mistake, line: lineOf(mistake.path) }));
  const all = [...ofWriting, ...placed];
  return config !== undefined && all.length === 0
    ? { config, mistakes: [] }
    : { config: undefined, mistakes: all.sort(byLine) };
}

function fromFlags(flags: Flags): Config {
  const { config, mistakes } = check(valueOfFlags(flags));
  if (config !== undefined) return config;
  const mistake = mistakes[0] as Mistake;
  throw new UsageError(`${mistake.path[0] === "listeners" ? "--listen" : "--backend"}: ${wordsOf(mistake)}`);
}

function byLine(one: Mistake, other: Mistake): number {
  return (one.line ?? 0) - (other.line ?? 0);
}
