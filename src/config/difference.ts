import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config.ts";
import { asWritten } from "./effective.ts";
import { formatPath, type Path } from "./mistake.ts";
import { shown, withSecretsHidden } from "./shown.ts";

const MOST_SHOWN = 100;
const LONGEST = 120;

/** What changed from one configuration to the next, a line each, without secrets; empty where nothing did. */
export function difference(before: Config, after: Config): string[] {
  const lines = [...changes(asWritten(before), asWritten(after), [])];
  const more = lines.length - MOST_SHOWN;
  return more > 0 ? [...lines.slice(0, MOST_SHOWN), `and ${more} more`] : lines;
}

function* changes(before: unknown, after: unknown, path: Path): Iterable<string> {
  if (isDeepStrictEqual(before, after)) return;
  const [old, now] = [entriesOf(before), entriesOf(after)];
  if (old === undefined || now === undefined)
    return yield `${formatPath(path)}: ${change(before, after, path)}`;
  for (const key of old.keys()) if (!now.has(key)) yield `${formatPath([...path, key])}: removed`;
  for (const [key, value] of now) {
    if (old.has(key)) yield* changes(old.get(key), value, [...path, key]);
    else yield `${formatPath([...path, key])}: added`;
  }
  if (Array.isArray(after) && reordered([...old.keys()], [...now.keys()]))
    yield `${formatPath(path)}: order changed`;
}

/** A mapping's entries by key, and those of a list by their name or id; undefined for all else. */
function entriesOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const keys = value.map((each) => each?.name ?? each?.id);
  return keys.every((key) => typeof key === "string")
    ? new Map(keys.map((key, at) => [key, value[at]]))
    : undefined;
}

function reordered(old: readonly string[], now: readonly string[]): boolean {
  const [oldCommon, nowCommon] = [
    old.filter((key) => now.includes(key)),
    now.filter((key) => old.includes(key)),
  ];
  return !isDeepStrictEqual(oldCommon, nowCommon);
}

function change(before: unknown, after: unknown, path: Path): string {
  const [old, now] = [before, after].map((value) => short(withSecretsHidden(value, path.at(-1))));
  return old === now ? "changed" : `${old} → ${now}`;
}

function short(value: unknown): string {
  if (typeof value === "string") return /^[\w.:%/-]*$/.test(value) ? value : shown(value);
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
