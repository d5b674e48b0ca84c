import { z } from "zod";
import { Misspelt } from "../core/misspelt.ts";

/** What `read` answers to what is not as expected. */
export const unexpected = Symbol("unexpected");

/** One value of the file: how it is written, what that means, and how the meaning is written back. */
export interface Value<T> {
  /** What a person may write, in words: for mistakes and for the docs. */
  readonly expected: string;
  /** The meaning; `unexpected`, or a RangeError, where it is not as expected. A Misspelt knows more of what was. */
  readonly read: (written: unknown) => T | typeof unexpected;
  readonly write: (meaning: T) => unknown;
  /** The written form as JSON Schema has it, for readers that are programs. */
  readonly json: JsonSchema;
}

/** A part of a JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The value as a part of the schema; a mistake's message is what was expected. */
export function field<T>(value: Value<T>) {
  const { expected, write, json } = value;
  const decode = (written: unknown, context: z.core.ParsePayload<unknown>): T => {
    const meaning = attempt(value, written);
    if (!(meaning instanceof Refused)) return meaning;
    context.issues.push({ code: "custom", message: meaning.expected, input: written });
    return z.NEVER;
  };
  return z.codec(z.unknown(), z.custom<T>(), { decode, encode: write }).meta({ expected, ...json });
}

/** When a rule about several keys of a mapping is looked at: also where some of them are wrong. */
export function isMapping({ value }: z.core.ParsePayload): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A part of the file with keys of its own, or `off`, which means undefined. */
export function partOrOff<Part extends z.ZodType>(part: Part) {
  const off = z.codec(z.literal("off"), z.undefined(), {
    decode: () => undefined,
    encode: () => "off" as const,
  });
  return z.union([off, part]);
}

/** The value, or a word with a meaning of its own: `or("off", Infinity, duration())`. */
export function or<const Special, T>(word: string, meaning: Special, value: Value<T>): Value<T | Special> {
  return {
    expected: `${value.expected}, or ${word}`,
    read: (written) => (written === word ? meaning : value.read(written)),
    write: (given) => (given === meaning ? word : value.write(given as T)),
    json: { anyOf: [{ const: word }, value.json] },
  };
}

/** What is meant, or undefined where the value is not as expected. */
export function understood<T>(value: Value<T>, written: unknown): T | undefined {
  const meaning = attempt(value, written);
  return meaning instanceof Refused ? undefined : meaning;
}

/** What was expected instead of what was written. */
class Refused {
  constructor(readonly expected: string) {}
}

function attempt<T>({ read, expected }: Value<T>, written: unknown): T | Refused {
  try {
    const meaning = read(written);
    return meaning === unexpected ? new Refused(expected) : meaning;
  } catch (error) {
    if (error instanceof Misspelt) return new Refused(error.expected);
    if (error instanceof RangeError) return new Refused(expected);
    throw error;
  }
}
