import type { Config } from "./config.ts";
import type { Mistake, Path } from "./mistake.ts";

/** A string of the file that has a dollar in it. */
export class Template {
  constructor(
    readonly written: string,
    /** Whether it stands without quotes, so that digits in it make a number. */
    readonly plain: boolean,
  ) {}
}

/** A string of the file that asks for the environment, and what it came to. */
interface Asking {
  readonly path: Path;
  readonly written: string;
  readonly came: unknown;
}

/** A file's value once the environment has answered. */
export interface Answered {
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  readonly asking: readonly Asking[];
}

const DOLLARS = /\$(?:\$|\{(?:([A-Za-z_]\w*)(?::-([^}]*))?\})?)/g;
const WRITING = "${NAME} or ${NAME:-default}, and $$ for a dollar";

/** The value with each template replaced by its text: `$$` is a dollar, `${NAME}` and `${NAME:-default}` are the environment's. */
export function answered(value: unknown, environment: NodeJS.ProcessEnv = process.env): Answered {
  const [mistakes, asking]: [Mistake[], Asking[]] = [[], []];
  const walk = (value: unknown, path: Path): unknown => {
    if (!(value instanceof Template)) return mapped(value, path, walk);
    const { text, asks, wrong } = textOf(value.written, environment);
    mistakes.push(...wrong.map((each) => ({ path, ...each })));
    if (!asks) return text;
    const came = value.plain ? meaningOf(text) : text;
    asking.push({ path, written: value.written, came });
    return came;
  };
  return { value: walk(value, []), mistakes, asking };
}

/** Finds what the file has at a path where it asks for the environment; undefined where it does not. */
export function askedAt(asking: readonly Asking[]): (path: Path) => string | undefined {
  const written = new Map(asking.map((each) => [keyOf(each.path), each.written]));
  return (path) => (written.size === 0 ? undefined : written.get(keyOf(path)));
}

/** The same text for the same path. */
export function keyOf(path: Path): string {
  return JSON.stringify(path);
}

const asked = new WeakMap<Config, readonly Asking[]>();

/** Keeps where a configuration's values come from, except for values that stand elsewhere by now, as on the command line. */
export function keepAsking(config: Config, asking: readonly Asking[], value: unknown): void {
  asked.set(
    config,
    asking.filter(({ path, came }) => valueAt(value, path) === came),
  );
}

/**
 * A configuration in the shape of a file, with the file's own words where it asks for the environment, and where a name stands
 * for an address that does; what has a dollar is written so that it is read back.
 */
export function asAsked(config: Config, value: unknown): unknown {
  const asking = asked.get(config) ?? [];
  const at = askedAt(asking);
  const beside = new Map(asking.map(({ path, came, written }) => [besideKey(path, came), written]));
  const walk = (value: unknown, path: Path): unknown => {
    if (typeof value === "object" && value !== null) return mapped(value, path, walk);
    const written = at(path) ?? (beside.size === 0 ? undefined : beside.get(besideKey(path, value)));
    return written ?? (typeof value === "string" ? escaped(value) : value);
  };
  return walk(value, []);
}

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    const isPart = typeof value === "object" && value !== null && Object.hasOwn(value, step);
    return isPart ? (value as Record<string | number, unknown>)[step] : undefined;
  }, root);
}

interface Text {
  readonly text: string;
  /** Whether it asks for the environment. */
  readonly asks: boolean;
  readonly wrong: readonly { readonly expected: string; readonly got: string }[];
}

function textOf(written: string, environment: NodeJS.ProcessEnv): Text {
  const wrong: { expected: string; got: string }[] = [];
  let asks = false;
  const text = written.replace(DOLLARS, (found, name?: string, otherwise?: string) => {
    if (found === "$$") return "$";
    asks = true;
    if (name === undefined) {
      wrong.push({ expected: WRITING, got: "${ and something else" });
      return "";
    }
    const value = environment[name];
    if (otherwise !== undefined) return value || otherwise;
    if (value === undefined)
      wrong.push({ expected: `the variable ${name} in the environment`, got: "nothing" });
    return value ?? "";
  });
  return { text, asks, wrong };
}

function meaningOf(text: string): unknown {
  if (/^(?:true|false)$/.test(text)) return text === "true";
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

function besideKey(path: Path, value: unknown): string {
  return JSON.stringify([path.slice(0, -1), value]);
}

function escaped(text: string): string {
  return /\$[${]/.test(text) ? text.replaceAll("$", "$$$$") : text;
}

function mapped(value: unknown, path: Path, map: (value: unknown, path: Path) => unknown): unknown {
  if (Array.isArray(value)) return value.map((each, at) => map(each, [...path, at]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, map(each, [...path, key])]));
}
