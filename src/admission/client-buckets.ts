import type { Clock } from "../core/clock.ts";
import { clientKey, ipOf } from "../core/ip.ts";
import { PrefixTable } from "./prefix-table.ts";
import { Recent } from "./recent.ts";
import type { BucketSettings, ClientEntry, ClientSettings } from "./settings.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Addresses that no entry matches and that have a bucket of their own: 100 000 of them take some 20 MB. */
const MOST_OTHERS = 100_000;

/** What an entry of the list has left. */
export interface ClientTokens {
  readonly id: string;
  readonly tokens: number;
}

/**
 * The token buckets of all clients: one for each entry of the list, shared by its addresses, and one for each other
 * address (IPv6: /64) where there is a default. Of the others, those that came least recently are forgotten first; what
 * comes back then finds its bucket full.
 */
export class ClientBuckets {
  readonly #clock: Clock;
  readonly #others = new Recent<TokenBucket>(MOST_OTHERS);
  #entries: ReadonlyMap<string, TokenBucket> = new Map();
  #byAddress = new PrefixTable<TokenBucket>();
  #default: BucketSettings | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Other addresses that are remembered. */
  get others(): number {
    return this.#others.size;
  }

  /** Makes the buckets those of the settings; who was there before keeps its tokens, as far as its bucket holds them. */
  configure({ default: others, list }: ClientSettings): void {
    const entries = new Map(list.map((entry) => [entry.id, this.#bucketOf(entry)]));
    this.#byAddress = new PrefixTable(
      list.flatMap((entry) => rows(entry, entries.get(entry.id) as TokenBucket)),
    );
    this.#entries = entries;
    this.#default = others;
    if (others === undefined) this.#others.clear();
    else for (const bucket of this.#others.values()) bucket.adopt(others, this.#clock.now());
  }

  /** Takes a token of the client at an address: 0, or how many milliseconds until it has one. Who has no bucket has no limit. */
  take(address: string): number {
    return this.#find(address)?.take(this.#clock.now()) ?? 0;
  }

  /** What every entry of the list has left, in its order. */
  sample(): ClientTokens[] {
    return Array.from(this.#entries, ([id, bucket]) => ({ id, tokens: bucket.tokens(this.#clock.now()) }));
  }

  /** Sets what an entry has left; false where there is no such entry. */
  fill({ id, tokens }: ClientTokens): boolean {
    const bucket = this.#entries.get(id);
    bucket?.fill(tokens, this.#clock.now());
    return bucket !== undefined;
  }

  #bucketOf(entry: ClientEntry): TokenBucket {
    const bucket = this.#entries.get(entry.id) ?? new TokenBucket(entry, this.#clock.now());
    bucket.adopt(entry, this.#clock.now());
    return bucket;
  }

  #find(address: string): TokenBucket | undefined {
    const listed = this.#entries.size === 0 ? undefined : this.#byAddress.find(ipOf(address));
    return listed ?? this.#otherAt(address);
  }

  #otherAt(address: string): TokenBucket | undefined {
    const settings = this.#default;
    if (settings === undefined) return undefined;
    return this.#others.get(clientKey(address), () => new TokenBucket(settings, this.#clock.now()));
  }
}

function rows({ addresses }: ClientEntry, bucket: TokenBucket): (readonly [string, TokenBucket])[] {
  return addresses.map((address) => [address, bucket] as const);
}
