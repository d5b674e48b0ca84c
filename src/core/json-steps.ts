import type { Steps } from "./slices.ts";

/**
 * The JSON of plain data in parts that belong together, as steps: one for each member and item down to a depth, below which each
 * is written at once. What JSON leaves out is left out.
 */
export function* jsonSteps(value: unknown, depth: number): Steps<string> {
  const parts: string[] = [];
  yield* write(value, depth, parts);
  return parts.join("");
}

function* write(value: unknown, depth: number, parts: string[]): Generator<undefined, void> {
  if (depth === 0 || typeof value !== "object" || value === null) {
    parts.push(JSON.stringify(value) ?? "null");
    yield;
  } else if (Array.isArray(value)) {
    yield* between("[", value, "]", parts, (item) => write(item, depth - 1, parts));
  } else {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    yield* between("{", members, "}", parts, ([key, member]) => {
      parts.push(`${JSON.stringify(key)}:`);
      return write(member, depth - 1, parts);
    });
  }
}

function* between<T>(
  open: string,
  items: readonly T[],
  close: string,
  parts: string[],
  each: (item: T) => Generator<undefined, void>,
): Generator<undefined, void> {
  parts.push(open);
  for (const [at, item] of items.entries()) {
    if (at > 0) parts.push(",");
    yield* each(item);
  }
  parts.push(close);
}
