import type { ClientTokens } from "../contract/clients.ts";
import type { Clock, Timer } from "../core/clock.ts";
import { forEach, inSlices } from "../core/slices.ts";
import type { Plane } from "../plane/plane.ts";
import { StoreDown } from "../store/refusals.ts";
import type { Kept, Store } from "../store/seam.ts";
import type { Overlay } from "./overlay.ts";

/** Tokens are saved at most so often, */
const LEAST_MS = 1_000;
/** and looking at them takes at most one part in so many of the time. */
const PART = 20;

/** What a TokenKeeper is made of. */
export interface TokenKeeperParts {
  readonly store: Store;
  readonly plane: Plane;
  readonly clock: Clock;
  readonly overlay: () => Overlay;
}

/** Saves what clients' buckets have left while that changes. A client that is not among them has a full bucket. */
export class TokenKeeper implements Disposable {
  readonly #parts: TokenKeeperParts;
  #saved: ReadonlyMap<string, number> = new Map();
  #timer: Timer | undefined;
  #closed = false;

  constructor(parts: TokenKeeperParts) {
    this.#parts = parts;
  }

  /** Fills the buckets with what was kept, and what the time since then has added; then saves from now on. */
  async start({ tokens, tokensAtMs }: Kept): Promise<void> {
    const { clock, overlay, plane } = this.#parts;
    const passedSec = Math.max(0, clock.wallMs() - (tokensAtMs ?? 0)) / 1_000;
    const fill = ([id, left]: readonly [string, number]) => {
      const client = overlay().client(id);
      if (client === undefined) return;
      const filled = Math.min(client.capacity, left + passedSec * client.ratePerSec);
      void plane.order({ kind: "fill", id, tokens: filled }).catch(() => {});
    };
    await inSlices(clock, forEach([...tokens], fill));
    this.#saved = tokens;
    this.#again(LEAST_MS);
  }

  /** Saves once more, where that was begun; never rejects. */
  async save(): Promise<void> {
    const { clock, overlay, plane, store } = this.#parts;
    const begunMs = clock.now();
    const left = await plane.clients().catch((): readonly ClientTokens[] => []);
    const wanted = overlay();
    const short = new Map<string, number>();
    await inSlices(
      clock,
      forEach(left, ({ id, tokens }) => {
        if (tokens < (wanted.client(id)?.capacity ?? 0)) short.set(id, tokens);
      }),
    );
    const tookMs = clock.now() - begunMs;
    try {
      if (!isSame(short, this.#saved)) await store.saveTokens(short, clock.wallMs());
      this.#saved = short;
    } catch (error) {
      if (!(error instanceof StoreDown)) throw error;
    }
    this.#again(Math.max(LEAST_MS, PART * tookMs));
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

function isSame(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  if (one.size !== other.size) return false;
  for (const [id, tokens] of one) if (other.get(id) !== tokens) return false;
  return true;
}
