import { type Checked, check } from "./check.ts";
import type { Config } from "./config.ts";
import { readDocument } from "./document.ts";
import { type Answered, answered, askedAt, keepAsking, keyOf } from "./environment.ts";
import { sourceOf } from "./file.ts";
import { checkFlags, type Flags, withFlags } from "./flags.ts";
import { ConfigMistakes, type Mistake } from "./mistake.ts";
import { shown } from "./shown.ts";

/** The configuration of a text under the flags of its file; throws ConfigMistakes, all of them, or a UsageError where the flags are wrong. */
export function configOf(text: string, flags: Flags & { readonly config: string }): Config {
  checkFlags(flags);
  const { config, mistakes } = readConfig(text, flags);
  if (config === undefined) throw new ConfigMistakes(sourceOf(flags.config), mistakes);
  return config;
}

/** A file's text, YAML or JSON by its content, under the flags beside it; mistakes in the order of the lines. */
export function readConfig(text: string, flags: Flags = {}): Checked {
  const { value, mistakes: ofWriting, lineOf } = readDocument(text);
  if (value === undefined) return { config: undefined, mistakes: ofWriting };
  const { value: inFile, mistakes: ofEnvironment, asking } = answered(value);
  const whole = withFlags(inFile, flags);
  const { config, mistakes } = check(whole);
  // Of that key the writing has told already, and of what the environment does not have, the environment.
  const told = new Set(ofEnvironment.map(({ path }) => keyOf(path)));
  const others = mistakes.filter(({ path }) => path.at(-1) !== "__proto__" && !told.has(keyOf(path)));
  const placed = [...ofEnvironment, ...withoutAnswers(others, asking)].map((mistake) => ({
    ...mistake,
    line: lineOf(mistake.path),
  }));
  const all = [...ofWriting, ...placed];
  if (config === undefined || all.length > 0) return { config: undefined, mistakes: all.sort(byLine) };
  keepAsking(config, asking, whole);
  return { config, mistakes: [] };
}

/** What came from the environment is shown as the file asks for it. */
function withoutAnswers(mistakes: readonly Mistake[], asking: Answered["asking"]): Mistake[] {
  const askedFor = askedAt(asking);
  return mistakes.map((mistake) => {
    const written = askedFor(mistake.path);
    return written === undefined || "unreadable" in mistake ? mistake : { ...mistake, got: shown(written) };
  });
}

function byLine(one: Mistake, other: Mistake): number {
  return (one.line ?? 0) - (other.line ?? 0);
}
