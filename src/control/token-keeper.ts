import type { ClientTokens } from "../contract/clients.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { forEach, inSlices } from "../core/slices.ts";
import type { Log } from "../observe/log.ts";
import type { Plane } from "../plane/plane.ts";
import { StoreDown } from "../store/refusals.ts";
import type { Kept, Store } from "../store/seam.ts";
import type { Overlay } from "./overlay.ts";

/** Tokens are saved at most so often, */
const LEAST_MS = 1_000;
/** and looking at them and saving them takes at most one part in so many of the time. */
const PART = 20;
/** Buckets that are filled at once: more would hold up the plane for longer than a slice of its work. */
const MOST_AT_ONCE = 1_000;

/** What a TokenKeeper is made of. */
export interface TokenKeeperParts {
  readonly store: Store;
  readonly plane: Plane;
  readonly clock: Clock;
  readonly log: Pick<Log, "logger">;
  readonly overlay: () => Overlay;
}

/** Saves what clients' buckets have left while that changes. A client that is not among them has a full bucket. */
export class TokenKeeper implements Disposable {
  readonly #parts: TokenKeeperParts;
  /** Undefined: what the store has is not known. */
  #saved: ReadonlyMap<string, number> | undefined = new Map();
  #hasDefect = false;
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: TokenKeeperParts) {
    this.#parts = parts;
  }

  /** Fills the buckets with what was kept, and what the time since then has added; then saves from now on. */
  async start({ tokens, tokensAtMs }: Kept): Promise<void> {
    const passedSec = Math.max(0, this.#parts.clock.wallMs() - (tokensAtMs ?? 0)) / 1_000;
    const kept = [...tokens];
    for (let from = 0; from < kept.length; from += MOST_AT_ONCE)
      await this.#fill(kept.slice(from, from + MOST_AT_ONCE), passedSec);
    this.#saved = tokens;
    this.#again(LEAST_MS);
  }

  /** A plane that is over keeps no tokens, and tells so by itself. */
  async #fill(kept: readonly (readonly [id: string, tokens: number])[], passedSec: number): Promise<void> {
    const { overlay, plane } = this.#parts;
    const clients: ClientTokens[] = [];
    for (const [id, left] of kept) {
      const client = overlay().client(id);
      if (client === undefined) continue;
      clients.push({ id, tokens: Math.min(client.capacity, left + passedSec * client.ratePerSec) });
    }
    if (clients.length > 0) await plane.order({ kind: "fill", clients }).catch(() => {});
  }

  /** Saves once more, where that was begun; never rejects: what cannot be saved now may be a second later. */
  async save(): Promise<void> {
    const { clock } = this.#parts;
    const begunMs = clock.now();
    try {
      await this.#keep(await this.#short());
      this.#hasDefect = false;
    } catch (error) {
      this.#saved = undefined;
      if (!(error instanceof StoreDown)) this.#tell(error);
    }
    this.#again(Math.max(LEAST_MS, PART * (clock.now() - begunMs)));
  }

  async #keep(short: ReadonlyMap<string, number>): Promise<void> {
    const { clock, store } = this.#parts;
    if (!isSame(short, this.#saved)) await store.saveTokens(short, clock.wallMs());
    this.#saved = short;
  }

  /** What is left in the buckets that are not full. */
  async #short(): Promise<ReadonlyMap<string, number>> {
    const { clock, overlay, plane } = this.#parts;
    const left = await plane.clients();
    const wanted = overlay();
    const short = new Map<string, number>();
    await inSlices(
      clock,
      forEach(left, ({ id, tokens }) => {
        if (tokens < (wanted.client(id)?.capacity ?? 0)) short.set(id, tokens);
      }),
    );
    return short;
  }

  /** Once, until it goes well again. */
  #tell(error: unknown): void {
    if (!this.#hasDefect) this.#parts.log.logger.error({ err: error }, "tokens cannot be saved: a defect");
    this.#hasDefect = true;
  }

  /** Saves no more. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  #again(ms: number): void {
    if (!this.#closed) this.#timer = this.#parts.clock.after(ms, () => void this.save());
  }
}

function isSame(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number> | undefined): boolean {
  if (one.size !== other?.size) return false;
  for (const [id, tokens] of one) if (other.get(id) !== tokens) return false;
  return true;
}
