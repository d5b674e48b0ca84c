import { Failure } from "../command/failure.ts";
import { shown } from "./shown.ts";

/** The keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];

interface Place {
  readonly path: Path;
  /** Where in the file, from 1. */
  readonly line?: number | undefined;
}

/**
 * One thing in a configuration that is not as expected, or for which its text cannot be read at all. All three are words,
 * without secrets: the first follows "expected", the second "got", the third stands alone.
 */
export type Mistake = Place &
  ({ readonly expected: string; readonly got: string } | { readonly unreadable: string });

const MOST_SHOWN = 1_000;

/** A configuration that cannot be used: its message is a line for each mistake, after one that says how many. */
export class ConfigMistakes extends Failure {
  /** `source` is the file's path, or what else the configuration came from. */
  constructor(
    readonly source: string,
    readonly mistakes: readonly Mistake[],
  ) {
    super(messageOf(source, mistakes));
  }
}

/** `pools.ping.backends[1].address`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    if (!/^[\w-]+$/.test(step)) return `${text}[${shown(step)}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

/** One line: where, what was expected, and what is there. */
export function formatMistake(source: string, mistake: Mistake): string {
  const { path, line } = mistake;
  const place = line === undefined ? source : `${source}:${line}`;
  const what = path.length === 0 ? "" : ` ${formatPath(path)}:`;
  return `${place}:${what} ${wordsOf(mistake)}`;
}

/** What is wrong, without where. */
export function wordsOf(mistake: Mistake): string {
  return "unreadable" in mistake ? mistake.unreadable : `expected ${mistake.expected}, got ${mistake.got}`;
}

function messageOf(source: string, mistakes: readonly Mistake[]): string {
  const lines = mistakes.slice(0, MOST_SHOWN).map((mistake) => formatMistake(source, mistake));
  if (mistakes.length === 1) return lines.join();
  const more = mistakes.length - lines.length;
  const rest = more > 0 ? [`and ${more} more`] : [];
  return [`${source} has ${mistakes.length} mistakes`, ...lines, ...rest].join("\n");
}
