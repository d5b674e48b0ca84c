import {
  type Alias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Document as Tree,
  visit,
  type YAMLError,
} from "yaml";
import { type Aliases, aliasesOf } from "./aliases.ts";
import { Template } from "./environment.ts";
import { isMergeKey, mergedInto } from "./merges.ts";
import type { Mistake, Path } from "./mistake.ts";
import { retold, shown } from "./shown.ts";
import { keepBytes } from "./written-bytes.ts";

// Once its aliases and merges stand for what they repeat; the largest right configuration has fewer.
const MOST_VALUES = 250_000;
// No configuration needs more; a parser that recurses ends the process.
const DEEPEST = 64;
const DEEPEST_ON_A_LINE = /^ {256}|(?:[-?:&!]\S{0,30}[ \t]+){64}/m;

/** A file's text as a plain value, with what is wrong in its writing, and the way from a value back to its line. */
export interface Document {
  /** Undefined where the text could not be read as a whole. Strings with a dollar are templates; `x-` keys at the top are left out. */
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  /** The line, from 1, of what stands at the path, or of the nearest thing around it. */
  readonly lineOf: (path: Path) => number | undefined;
}

/** Reads YAML 1.2 with merge keys, or JSON, which is a part of it. It does not throw, and nesting and aliases are bounded. */
export function readDocument(text: string): Document {
  if (isTooDeep(text)) return unreadable([tooMuch(`at most ${DEEPEST} levels`)]);
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const tree = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    merge: true,
    // The library compares each key with all others; the walk below does not.
    uniqueKeys: false,
  });
  const errors = [...tree.errors, ...tree.warnings];
  if (errors.length > 0) return unreadable([syntaxMistake(errors, text, lineAt)]);
  const aliases = aliasesOf(tree.contents);
  const { dangling, values, levels } = aliases;
  if (dangling.length > 0) return unreadable(dangling.map((each) => danglingMistake(each, lineAt)));
  const unmerged = [...mergeMistakes(tree.contents, { aliases, lineAt })];
  if (unmerged.length > 0) return unreadable(unmerged);
  if (levels > DEEPEST) return unreadable([tooMuch(`at most ${DEEPEST} levels`)]);
  if (values > MOST_VALUES) return unreadable([tooMuch(`at most ${MOST_VALUES} values, repeated ones too`)]);
  keepBytes(tree, text);
  markTemplates(tree);
  // How often they repeat was counted above.
  const value: unknown = tree.toJS({ maxAliasCount: -1 });
  return {
    value: withoutExtras(value),
    mistakes: [...keyMistakes(tree.contents, [], lineAt)],
    lineOf: (path) => lineOf(tree, path, { aliases, lineAt }),
  };
}

type LineAt = (offset: number) => number;

interface Place {
  readonly aliases: Aliases;
  readonly lineAt: LineAt;
}

function tooMuch(expected: string): Mistake {
  return { path: [], expected, got: "more" };
}

function unreadable(mistakes: readonly Mistake[]): Document {
  return { value: undefined, mistakes, lineOf: () => undefined };
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = Math.max(0, depth + (bracket === "[" || bracket === "{" ? 1 : -1));
    if (depth > DEEPEST) return true;
  }
  return DEEPEST_ON_A_LINE.test(text);
}

/** The earliest error alone, and of several in one place the last, which is the plainest: the others follow from it. */
function syntaxMistake(errors: readonly YAMLError[], text: string, lineAt: LineAt): Mistake {
  const { code, message, pos } = errors.reduce((best, each) => (each.pos[0] <= best.pos[0] ? each : best));
  const line = lineAt(pos[0]);
  if (code === "MULTIPLE_DOCS") return { path: [], line, expected: "one document", got: "another" };
  const language = /^\s*[{[]/.test(text) ? "JSON" : "YAML";
  const cut = pos[0] >= text.trimEnd().length ? "it ends too early: " : "";
  const written = text.split("\n", line).at(-1) ?? "";
  const bareIpv6 = /:\s*\[[0-9a-fA-F:.]+\]:\d/.test(written) ? '; "[::1]:8080" needs its quotes' : "";
  const bareTemplate = /[{,].*[:[,]\s*\$\{/.test(written) ? '; "${NAME}" needs its quotes here' : "";
  return {
    path: [],
    line,
    unreadable: `not ${language}: ${cut}${retold(message)}${bareIpv6}${bareTemplate}`,
  };
}

function danglingMistake(alias: Alias, lineAt: LineAt): Mistake {
  const expected = `something with the anchor &${retold(alias.source)} before its alias`;
  return { path: [], line: lineAt(alias.range?.[0] ?? 0), expected, got: shown(`*${alias.source}`) };
}

/** Merge keys whose values are no mappings. */
function* mergeMistakes(node: unknown, place: Place): Iterable<Mistake> {
  if (isSeq(node)) for (const item of node.items) yield* mergeMistakes(item, place);
  if (!isMap(node)) return;
  if (!mergedInto(node, place.aliases).every(isMap)) {
    const key = node.items.find(({ key }) => isMergeKey(key))?.key as Node;
    const expected = "mappings to merge (<<), or aliases of them";
    yield { path: [], line: place.lineAt(key.range?.[0] ?? 0), expected, got: "something else" };
  }
  for (const { value } of node.items) yield* mergeMistakes(value, place);
}

function markTemplates(tree: Tree): void {
  visit(tree, {
    Scalar(key, node) {
      const { value, type } = node;
      if (key === "key" || typeof value !== "string" || !value.includes("$")) return;
      node.value = new Template(value, type === "PLAIN");
    },
  });
}

/** What stands at the top for its anchors alone, and means nothing. */
function withoutExtras(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")));
}

/** Keys that stand twice, of which only the last would count, and the one that JavaScript gives a meaning to. */
function* keyMistakes(node: unknown, path: Path, lineAt: LineAt): Iterable<Mistake> {
  if (isSeq(node))
    for (const [at, item] of node.items.entries()) yield* keyMistakes(item, [...path, at], lineAt);
  if (!isMap(node)) return;
  const seen = new Set<string>();
  for (const { key, value } of node.items) {
    const name = textOf(key);
    const here = { path: [...path, name], line: lineAt((key as Node).range?.[0] ?? 0), got: shown(name) };
    if (seen.has(name)) yield { ...here, expected: "each key once", got: `${shown(name)} again` };
    if (name === "__proto__") yield { ...here, expected: "another key" };
    seen.add(name);
    yield* keyMistakes(value, here.path, lineAt);
  }
}

function lineOf(tree: Tree, path: Path, { aliases, lineAt }: Place): number | undefined {
  let node: unknown = tree.contents;
  let offset = (node as Node | null)?.range?.[0];
  for (const step of path) {
    const [found, value] = childOf(aliases.targets.get(node) ?? node, step, aliases);
    if (found === undefined) break;
    offset = found.range?.[0] ?? offset;
    node = value;
  }
  return offset === undefined ? undefined : lineAt(offset);
}

type Child = readonly [shows: Node | undefined, child: unknown];

/** What shows where the child is (its key, or an entry of a list itself), and the child. */
function childOf(node: unknown, step: string | number, aliases: Aliases): Child {
  if (isSeq(node)) return [node.items[Number(step)] as Node | undefined, node.items[Number(step)]];
  const pair = isMap(node) ? node.items.findLast(({ key }) => textOf(key) === String(step)) : undefined;
  if (pair !== undefined) return [pair.key as Node, pair.value];
  const merged = mergedInto(node, aliases).map((source) => childOf(source, step, aliases));
  return merged.find(([shows]) => shows !== undefined) ?? [undefined, undefined];
}

function textOf(key: unknown): string {
  return isMergeKey(key) ? "<<" : String(isScalar(key) ? key.value : key);
}
