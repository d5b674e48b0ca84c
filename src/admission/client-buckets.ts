import { isDeepStrictEqual } from "node:util";
import type { Matcher } from "../contract/admission.ts";
import type {
  BucketSettings,
  ClientEntry,
  ClientSettings,
  ClientsSample,
  ClientTokens,
  PressedClient,
} from "../contract/clients.ts";
import type { Clock } from "../core/clock.ts";
import { ipOf, limitKey } from "../core/ip.ts";
import { forEach, inSlices, type Steps } from "../core/slices.ts";
import { PrefixTable } from "./prefix-table.ts";
import { Recent } from "./recent.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Addresses that no entry matches and that have a bucket of their own: 100 000 of them take some 20 MB. */
const MOST_OTHERS = 100_000;

/** Of clients that no entry matches, those that were there last are looked at: the others have got their tokens back. */
const LOOKED_AT = 1_000;
/** A client with a smaller part of its tokens left is pressed. */
const PRESSED = 0.25;

/** An entry of the list and its bucket. */
interface Listed {
  readonly entry: ClientEntry;
  readonly bucket: TokenBucket;
}

/**
 * The token buckets of all clients: one for each entry of the list, shared by its addresses, and one for each other
 * address (IPv6: /64) where there is a default. Of the others, the one that was not asked for the longest is forgotten
 * first; a client that comes back then finds its bucket full.
 */
export class ClientBuckets {
  readonly #clock: Clock;
  readonly #others = new Recent<TokenBucket>(MOST_OTHERS);
  readonly #listed = new Map<string, Listed>();
  readonly #byAddress = new PrefixTable<TokenBucket>();
  readonly #all = { accepted: 0, refused: 0 };
  #default: BucketSettings | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Other addresses that are remembered. */
  get others(): number {
    return this.#others.size;
  }

  /**
   * Makes the buckets those of the settings, in slices; a client that was there before keeps its tokens, as far as its bucket
   * holds them.
   */
  async configure({ default: others, list }: ClientSettings): Promise<void> {
    const next = new Set<string>();
    // An address that moves from one client to another is without a limit at no time between two slices.
    const set = (entry: ClientEntry) => {
      next.add(entry.id);
      this.set(entry);
    };
    await inSlices(this.#clock, forEach(list, set));
    const remove = (id: string) => {
      if (!next.has(id)) this.remove(id);
    };
    await inSlices(this.#clock, forEach(this.#listed.keys(), remove));
    const before = this.#default;
    this.#default = others;
    if (others === undefined) this.#others.clear();
    else if (!isDeepStrictEqual(before, others)) await this.#adoptOthers(others);
  }

  /** Replaces one entry of the list, whose tokens stay as far as its bucket holds them, or adds it. */
  set(entry: ClientEntry): void {
    const before = this.#listed.get(entry.id);
    if (isDeepStrictEqual(before?.entry, entry)) return;
    const bucket = before?.bucket ?? new TokenBucket(entry, this.#clock.now());
    bucket.adopt(entry, this.#clock.now());
    this.#listed.set(entry.id, { entry, bucket });
    if (isDeepStrictEqual(before?.entry.addresses, entry.addresses)) return;
    if (before !== undefined) this.#leave(before);
    for (const address of entry.addresses) this.#byAddress.add(address, bucket);
  }

  /** Takes one entry off the list; false where there is none of that id. */
  remove(id: string): boolean {
    const before = this.#listed.get(id);
    if (before !== undefined) this.#leave(before);
    return this.#listed.delete(id);
  }

  /** Takes a token of the client at an address: 0, or how many milliseconds until it has one. A client without a bucket has no limit. */
  take(address: string): number {
    const waitMs = this.#find(address)?.take(this.#clock.now());
    if (waitMs === undefined) return 0;
    if (waitMs === 0) this.#all.accepted += 1;
    else this.#all.refused += 1;
    return waitMs;
  }

  /** What every entry of the list has left; or these alone, as far as they are there. */
  *sample(ids: Iterable<string> = this.#listed.keys()): Steps<ClientTokens[]> {
    const tokens: ClientTokens[] = [];
    for (const id of ids) {
      const bucket = this.#listed.get(id)?.bucket;
      if (bucket !== undefined) tokens.push({ id, tokens: bucket.tokens(this.#clock.now()) });
      yield;
    }
    return tokens;
  }

  /** Which of these blocks another entry of the list has. */
  taken(blocks: readonly Matcher[], besides: string): Matcher[] {
    const own = this.#listed.get(besides)?.bucket;
    return blocks.filter((block) => this.#byAddress.at(block).some((bucket) => bucket !== own));
  }

  /** See Plane.pressedClients. */
  *pressed(most: number): Steps<PressedClient[]> {
    const found: PressedClient[] = [];
    for (const [id, bucket] of this.#buckets()) {
      const { refused } = bucket;
      const { capacity, ratePerSec } = bucket.settings;
      const tokens = bucket.tokens(this.#clock.now());
      if (tokens < capacity * PRESSED) found.push({ id, tokens, capacity, ratePerSec, refused });
      // A crowd in which all are pressed takes no more room than twice what is asked for.
      if (found.length >= 2 * most) keepMostPressed(found, most);
      yield;
    }
    keepMostPressed(found, most);
    return found;
  }

  *#buckets(): Iterable<readonly [id: string, bucket: TokenBucket]> {
    for (const [id, { bucket }] of this.#listed) yield [id, bucket];
    yield* this.#others.latest(LOOKED_AT);
  }

  /** What the buckets have done, one by one for the `most` entries that have been there the longest. */
  totals(most: number): ClientsSample {
    const nowMs = this.#clock.now();
    const first = [];
    const rest = { entries: 0, tokens: 0 };
    for (const [id, { bucket }] of this.#listed) {
      const { accepted, refused } = bucket;
      const tokens = bucket.tokens(nowMs);
      if (first.length < most) first.push({ id, tokens, accepted, refused });
      else {
        rest.entries += 1;
        rest.tokens += tokens;
      }
    }
    return { all: { ...this.#all }, first, rest };
  }

  /** Sets what an entry has left; false where there is no such entry. */
  fill({ id, tokens }: ClientTokens): boolean {
    const bucket = this.#listed.get(id)?.bucket;
    bucket?.fill(tokens, this.#clock.now());
    return bucket !== undefined;
  }

  async #adoptOthers(settings: BucketSettings): Promise<void> {
    const buckets = [...this.#others.values()];
    await inSlices(
      this.#clock,
      forEach(buckets, (bucket) => bucket.adopt(settings, this.#clock.now())),
    );
  }

  #leave({ entry, bucket }: Listed): void {
    for (const address of entry.addresses) this.#byAddress.delete(address, bucket);
  }

  #find(address: string): TokenBucket | undefined {
    const listed = this.#listed.size === 0 ? undefined : this.#byAddress.find(ipOf(address));
    return listed ?? this.#otherAt(address);
  }

  #otherAt(address: string): TokenBucket | undefined {
    const settings = this.#default;
    if (settings === undefined) return undefined;
    return this.#others.get(limitKey(address), () => new TokenBucket(settings, this.#clock.now()));
  }
}

function keepMostPressed(clients: PressedClient[], most: number): void {
  clients.sort((one, other) => one.tokens / one.capacity - other.tokens / other.capacity);
  clients.length = Math.min(clients.length, most);
}
