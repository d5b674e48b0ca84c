import { isMap, isScalar, isSeq } from "yaml";
import type { Aliases } from "./aliases.ts";

/** What the merge keys (`<<`) of a mapping take in, as YAML 1.1 has them, in the order in which they win. */
export function mergedInto(node: unknown, { targets }: Aliases): unknown[] {
  if (!isMap(node)) return [];
  const resolved = (value: unknown) => targets.get(value) ?? value;
  return node.items
    .filter(({ key }) => isMergeKey(key))
    .map(({ value }) => resolved(value))
    .flatMap((source) => (isSeq(source) ? source.items.map(resolved) : [source]));
}

/** Whether it is a merge key: `<<` without quotes. */
export function isMergeKey(key: unknown): boolean {
  if (!isScalar(key) || (key.type !== undefined && key.type !== "PLAIN")) return false;
  return key.value === "<<" || (typeof key.value === "symbol" && key.value.description === "<<");
}
