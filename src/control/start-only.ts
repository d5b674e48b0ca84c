import { isDeepStrictEqual } from "node:util";
import type { Config } from "../config/config.ts";

/** The parts of a configuration that hold from the start to the end of the process. */
export class StartOnly {
  readonly #first: readonly (readonly [part: string, value: unknown])[];
  #last: readonly string[] = [];

  constructor(first: Config) {
    this.#first = partsOf(first);
  }

  /** Values that are others than at the start in a file that was not so before. */
  among(config: Config): readonly string[] {
    const other = partsOf(config).filter(
      ([part, value]) => !isDeepStrictEqual(value, new Map(this.#first).get(part)),
    );
    const parts = other.map(([part]) => part);
    const news = parts.filter((part) => !this.#last.includes(part));
    this.#last = parts;
    return news;
  }
}

function partsOf({ store, admin, transport }: Config): readonly (readonly [part: string, value: unknown])[] {
  return [
    ["store", store],
    ["admin.listen", admin?.listen],
    ["admin.tokenFile", admin?.tokenFile],
    ["transport", transport],
  ];
}
