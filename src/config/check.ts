import { z } from "zod";
import type { Config } from "./config.ts";
import { valueAt } from "./environment.ts";
import type { Mistake, Path } from "./mistake.ts";
import { referenceMistakes } from "./references.ts";
import { configSchema } from "./schema/index.ts";
import { shown, withSecretsHidden } from "./shown.ts";

/** What became of a value: the configuration it means, or everything that is wrong with it. */
export type Checked =
  | { readonly config: Config; readonly mistakes: readonly [] }
  | { readonly config: undefined; readonly mistakes: readonly Mistake[] };

/** Checks a plain value, as read from a file or put together from flags, and fills in every default. */
export function check(value: unknown): Checked {
  const { meaning, mistakes: issues } = understand(configSchema, value);
  const mistakes = [...issues, ...referenceMistakes(value)];
  if (meaning !== undefined && mistakes.length === 0) return { config: meaning, mistakes: [] };
  return { config: undefined, mistakes };
}

/** What a value means under a schema that is made of fields, or everything that is wrong with it. */
export function understand<Schema extends z.ZodType>(schema: Schema, value: unknown): Understood<Schema> {
  const decoded = z.safeDecode(schema, value as z.input<Schema>, { error: expectation });
  if (decoded.success) return { meaning: decoded.data, mistakes: [] };
  const mistakes = decoded.error.issues.flatMap((issue) => mistakesOf(issue, [], value));
  return { meaning: undefined, mistakes };
}

interface Understood<Schema extends z.ZodType> {
  readonly meaning: z.output<Schema> | undefined;
  readonly mistakes: readonly Mistake[];
}

type Issue = z.core.$ZodIssue;

function mistakesOf(issue: Issue, around: Path, root: unknown): Mistake[] {
  const path = [...around, ...(issue.path as (string | number)[])];
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      expected: issue.message,
      got: `the key ${shown(key)}`,
    }));
  }
  if (issue.code === "invalid_key") {
    const expected = `as a key ${issue.issues[0]?.message}`;
    return [{ path, expected, got: shown(path.at(-1)) }];
  }
  const inner = issue.code === "invalid_union" ? issue.errors.find(isWithin) : undefined;
  if (inner !== undefined) return inner.flatMap((each) => mistakesOf(each, path, root));
  return [{ path, expected: issue.message, got: shown(withSecretsHidden(valueAt(root, path), path.at(-1))) }];
}

/** Whether the part was recognized, and what is wrong is inside of it. */
function isWithin(issues: readonly Issue[]): boolean {
  return issues.some(({ path, code }) => path.length > 0 || code === "unrecognized_keys");
}

/** What was expected, in words, for the issues that carry no words of their own. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "unrecognized_keys") return `one of the keys ${keysOf(issue.inst).join(", ")}`;
  if (issue.code === "invalid_union") return "off, or a mapping";
  if (issue.code === "invalid_type") return issue.expected === "array" ? "a list" : "a mapping";
  if (issue.code === "too_small") return `a list of at least ${issue.minimum}`;
  if (issue.code === "too_big") return `a list of at most ${issue.maximum}`;
  return undefined;
}

function keysOf(schema: unknown): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}
