import { type Document, isAlias, isScalar, parseDocument, type Scalar, visit } from "yaml";

/** The keys whose texts stand for bytes. */
const KEYS: readonly unknown[] = ["send", "expect", "contains"];
const ESCAPES = /\\(x[89a-f][\da-f]|.)/gis;

/**
 * Leaves `\xNN` in the texts that stand for bytes as it is written. Between double quotes YAML reads it as the character NN, of
 * which UTF-8 makes two bytes from 80 on; everywhere else it leaves it alone.
 */
export function keepBytes(tree: Document, text: string): void {
  visit(tree, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || !KEYS.includes(key.value)) return;
      const scalar = isAlias(value) ? value.resolve(tree) : value;
      if (isScalar(scalar) && scalar.type === "QUOTE_DOUBLE") scalar.value = rewritten(scalar, text);
    },
  });
}

function rewritten({ value, range }: Scalar, text: string): unknown {
  if (!range) return value;
  const [start, end] = range;
  const kept = text.slice(start, end).replace(ESCAPES, (pair) => (pair.length > 2 ? `\\${pair}` : pair));
  return parseDocument(kept).toJS();
}
