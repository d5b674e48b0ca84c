import { Cidr, prefixOf } from "../core/cidr.ts";
import type { Ip } from "../core/ip.ts";
import type { Matcher } from "./settings.ts";

/** All blocks of one length, by the bits that their addresses share. */
interface Level<T> {
  readonly length: number;
  readonly values: Map<bigint, T>;
}

/**
 * Values by blocks of addresses. Finding the longest block that an address lies in costs one look-up per length in use,
 * however many blocks there are. `unix` stands for all unix peers, `all` for whom nothing else matches. Of two equal
 * blocks the first counts.
 */
export class PrefixTable<T> {
  /** Longest first. */
  readonly #levels: Readonly<Record<4 | 6, Level<T>[]>> = { 4: [], 6: [] };
  readonly #words = new Map<Matcher, T>();

  /** Throws a RangeError where a matcher is none. */
  constructor(entries: Iterable<readonly [Matcher, T]> = []) {
    for (const [matcher, value] of entries) {
      if (matcher === "all" || matcher === "unix") setFirst(this.#words, matcher, value);
      else this.#add(Cidr.parse(matcher), value);
    }
  }

  /** The value for a client; undefined is one on a unix socket. */
  find(client: Ip | undefined): T | undefined {
    return (client ? this.#longest(client) : this.#words.get("unix")) ?? this.#words.get("all");
  }

  #add({ version, length, prefix }: Cidr, value: T): void {
    const levels = this.#levels[version];
    let level = levels.find((each) => each.length === length);
    if (level === undefined) {
      level = { length, values: new Map() };
      levels.push(level);
      levels.sort((one, other) => other.length - one.length);
    }
    setFirst(level.values, prefix, value);
  }

  #longest(client: Ip): T | undefined {
    for (const { length, values } of this.#levels[client.version]) {
      const value = values.get(prefixOf(client, length));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function setFirst<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (!map.has(key)) map.set(key, value);
}
