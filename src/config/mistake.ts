import { Failure } from "../command/failure.ts";
import { shown } from "./shown.ts";

/** The keys and indexes that lead to a value. */
export type Path = readonly (string | number)[];

/** One thing in a configuration that is not as expected. */
export interface Mistake {
  readonly path: Path;
  /** In words, to follow "expected". */
  readonly expected: string;
  /** In words, to follow "got"; secrets are left out. */
  readonly got: string;
  /** Where in the file, from 1. */
  readonly line?: number | undefined;
}

const MOST_SHOWN = 50;

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
export function formatMistake(source: string, { path, line, expected, got }: Mistake): string {
  const place = line === undefined ? source : `${source}:${line}`;
  const what = path.length === 0 ? "" : ` ${formatPath(path)}:`;
  return `${place}:${what} expected ${expected}, got ${got}`;
}

function messageOf(source: string, mistakes: readonly Mistake[]): string {
  const lines = mistakes.slice(0, MOST_SHOWN).map((mistake) => formatMistake(source, mistake));
  if (mistakes.length === 1) return lines.join();
  const more = mistakes.length - lines.length;
  const rest = more > 0 ? [`and ${more} more`] : [];
  return [`${source} has ${mistakes.length} mistakes`, ...lines, ...rest].join("\n");
}
