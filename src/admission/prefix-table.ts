import type { Matcher } from "../contract/admission.ts";
import { Cidr, prefixOf } from "../core/cidr.ts";
import type { Ip } from "../core/ip.ts";

/** All blocks of one length, by the bits that their addresses share. */
interface Level<T> {
  readonly length: number;
  readonly values: Map<bigint, readonly T[]>;
}

/**
 * Values by blocks of addresses. Finding the longest block that an address lies in costs one look-up per length in use,
 * however many blocks there are. `unix` stands for all unix peers, `all` for a client that nothing else matches. Of two
 * equal blocks the first counts, and the other once that is gone.
 */
export class PrefixTable<T> {
  /** Longest first. */
  readonly #levels: Readonly<Record<4 | 6, Level<T>[]>> = { 4: [], 6: [] };
  readonly #words = new Map<Matcher, readonly T[]>();

  /** The value for a client; undefined is one on a unix socket. */
  find(client: Ip | undefined): T | undefined {
    const found = client ? this.#longest(client) : this.#words.get("unix");
    return (found ?? this.#words.get("all"))?.[0];
  }

  /** All values of exactly this matcher, the one that counts first; throws a RangeError where it is none. */
  at(matcher: Matcher): readonly T[] {
    if (isWord(matcher)) return this.#words.get(matcher) ?? [];
    const { version, length, prefix } = Cidr.parse(matcher);
    const level = this.#levels[version].find((each) => each.length === length);
    return level?.values.get(prefix) ?? [];
  }

  /** Throws a RangeError where the matcher is none. */
  add(matcher: Matcher, value: T): void {
    if (isWord(matcher)) addLast(this.#words, matcher, value);
    else this.#addBlock(Cidr.parse(matcher), value);
  }

  /** Takes the matcher away where this value stands for it. */
  delete(matcher: Matcher, value: T): void {
    if (isWord(matcher)) deleteOne(this.#words, matcher, value);
    else this.#deleteBlock(Cidr.parse(matcher), value);
  }

  #addBlock({ version, length, prefix }: Cidr, value: T): void {
    addLast(this.#level(version, length).values, prefix, value);
  }

  #deleteBlock({ version, length, prefix }: Cidr, value: T): void {
    const level = this.#level(version, length);
    deleteOne(level.values, prefix, value);
    if (level.values.size === 0) this.#levels[version].splice(this.#levels[version].indexOf(level), 1);
  }

  #level(version: 4 | 6, length: number): Level<T> {
    const levels = this.#levels[version];
    const known = levels.find((each) => each.length === length);
    if (known !== undefined) return known;
    const level = { length, values: new Map() };
    levels.push(level);
    levels.sort((one, other) => other.length - one.length);
    return level;
  }

  #longest(client: Ip): readonly T[] | undefined {
    for (const { length, values } of this.#levels[client.version]) {
      const found = values.get(prefixOf(client, length));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function isWord(matcher: Matcher): boolean {
  return matcher === "all" || matcher === "unix";
}

function addLast<K, V>(map: Map<K, readonly V[]>, key: K, value: V): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function deleteOne<K, V>(map: Map<K, readonly V[]>, key: K, value: V): void {
  const others = map.get(key)?.filter((each) => each !== value) ?? [];
  if (others.length > 0) map.set(key, others);
  else map.delete(key);
}
