import { z } from "zod";
import { field, unexpected, type Value } from "../config/value.ts";
import { matching } from "../config/values.ts";

/** The one shape of all errors. */
const errorSchema = z
  .object({ error: z.looseObject({ code: z.string(), message: z.string() }) })
  .meta({ id: "Error", description: "What went wrong: a word of the table of errors, and a sentence." });

function errors(description: string) {
  return { description, content: { "application/json": { schema: errorSchema } } };
}

/** The answers of a route: its own, and errors. */
export function answers<const Own extends Record<number, z.ZodType>>(own: Own) {
  return {
    ...own,
    "4xx": errors("The request was refused, and changed nothing."),
    "5xx": errors("The balancer, its store or a server cannot do it now."),
  };
}

export const nothing = z.null().describe("Done; there is nothing to say.");

/** A name in the path or the query, as it is decoded. */
export const anyName = field(matching("a name", (text) => text.length > 0 && text.length <= 512));

/** How many at most, in a query. */
export function limit(usual: number, most: number) {
  const value: Value<number> = {
    expected: `a whole number from 1 to ${most}`,
    read: (written) => {
      const number = /^\d{1,7}$/.test(String(written)) ? Number(written) : 0;
      return number >= 1 && number <= most ? number : unexpected;
    },
    write: String,
    json: { type: "integer", minimum: 1, maximum: most },
  };
  return field(value).default(usual).describe("At most so many.");
}

/** A value, or null, which gives it back to the file. */
export function orNull<T>(value: Value<T>) {
  const nullable: Value<T | null> = {
    expected: `${value.expected}, or null`,
    read: (written) => (written === null ? null : value.read(written)),
    write: (meaning) => (meaning === null ? null : value.write(meaning)),
    json: { anyOf: [value.json, { type: "null" }] },
  };
  return field(nullable).optional();
}

/** A limit as it is written: a number, or off. */
export const limitOrOff = z.union([z.number(), z.literal("off")]);

export function writtenLimit(limit: number): number | "off" {
  return limit === Infinity ? "off" : limit;
}
