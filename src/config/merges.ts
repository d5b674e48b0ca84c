import { type Document, isAlias, isMap, isPair, isScalar, isSeq } from "yaml";

/** More are a text that was made to be large. */
const MOST_NODES = 1_000_000;

/** What the merge keys (`<<`) of a mapping take in, as YAML 1.1 has them, in the order in which they win. */
export function mergedInto(node: unknown, tree: Document): unknown[] {
  if (!isMap(node)) return [];
  const resolved = (value: unknown) => (isAlias(value) ? value.resolve(tree) : value);
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

/** Whether merges within merges make the document unreasonably large. */
export function mergesTooMuch(tree: Document): boolean {
  const known = new Map<unknown, number>();
  const sizeOf = (node: unknown): number => {
    const size = known.get(node) ?? 1 + sum([...childrenOf(node), ...mergedInto(node, tree)].map(sizeOf));
    known.set(node, size);
    return size;
  };
  return sizeOf(tree.contents) > MOST_NODES;
}

function childrenOf(node: unknown): readonly unknown[] {
  if (isSeq(node)) return node.items;
  return isMap(node) ? node.items.filter(isPair).map(({ value }) => value) : [];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}
