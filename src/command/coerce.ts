import { UsageError } from "./failure.ts";

/** Makes a parser usable as a yargs `coerce`: what it throws becomes a usage error that names the option. */
export function coerced<T>(option: string, read: (text: string) => T): (text: unknown) => T {
  return calling(`--${option}`, read);
}

/** The same of an argument that is known by its place. */
export function coercedPositional<T>(name: string, read: (text: string) => T): (text: unknown) => T {
  return calling(name, read);
}

function calling<T>(what: string, read: (text: string) => T): (text: unknown) => T {
  return (text) => {
    if (Array.isArray(text)) throw new UsageError(`${what} may be given once`);
    try {
      return read(String(text));
    } catch (error) {
      throw new UsageError(`${what}: ${(error as Error).message}`);
    }
  };
}

/** Reads a whole number between two bounds, both included; throws a RangeError that says what was expected. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new RangeError(`expected a whole number from ${min} to ${max}, got "${text}"`);
    }
    return value;
  };
}

/** Reads one of the words; throws a RangeError that lists them. */
export function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((each) => each === text);
    if (word === undefined) throw new RangeError(`expected one of ${words.join(", ")}, got "${text}"`);
    return word;
  };
}
