import { isDeepStrictEqual } from "node:util";

/** What an API promised to keep: each thing's value, or the values of which it has one where an answer left that open. */
export class Promises {
  readonly #values = new Map<string, unknown[]>();

  /** It was answered that the thing is so; undefined: that there is none. */
  kept(thing: string, value: unknown): void {
    this.#values.set(thing, [value]);
  }

  /** It was answered that this could not be kept, or there was no answer. */
  open(thing: string, value: unknown): void {
    this.#values.set(thing, [...(this.#values.get(thing) ?? [undefined]), value]);
  }

  /** The only value that the thing can have; undefined where there are several, or none. */
  get(thing: string): unknown {
    const [only, ...others] = this.#values.get(thing) ?? [];
    return others.length === 0 ? only : undefined;
  }

  /** Whether it is certain that there is such a thing, or that there is none. */
  has(thing: string): boolean | undefined {
    const has = (this.#values.get(thing) ?? [undefined]).map((value) => value !== undefined);
    return has.every((each) => each === has[0]) ? has[0] : undefined;
  }

  /** Each thing that is not as it was promised to be. */
  broken(found: ReadonlyMap<string, unknown>): string[] {
    const things = [...this.#values].filter(
      ([thing, values]) => !values.some((value) => isDeepStrictEqual(value, found.get(thing))),
    );
    return things.map(([thing, values]) => `${thing}: ${said(found.get(thing))} and not ${values.map(said)}`);
  }
}

const said = (value: unknown) => JSON.stringify(value) ?? "nothing";
