import { inOrder } from "./families.ts";

/** Of a name with ever new addresses, where the hold is long, the addresses that are missing the longest go before it is over. */
const MOST_MISSING = 256;

/** The addresses of a name: all of its last answer, and earlier ones that are not missing for the hold yet. */
export class KeptAddresses {
  #answer: readonly string[] = [];
  /** Of each address that the last answer lacks: when the first answer without it came. */
  readonly #missingSinceMs = new Map<string, number>();

  /** Takes the next answer. */
  take(answer: readonly string[], nowMs: number): void {
    for (const address of this.#answer)
      if (!answer.includes(address)) this.#missingSinceMs.set(address, nowMs);
    for (const address of answer) this.#missingSinceMs.delete(address);
    this.#answer = answer;
    this.#bound();
  }

  /** All that there are now; lets those go that have been missing for the hold. */
  at(nowMs: number, holdMs: number): readonly string[] {
    for (const [address, sinceMs] of this.#missingSinceMs)
      if (nowMs - sinceMs >= holdMs) this.#missingSinceMs.delete(address);
    return inOrder([...this.#answer, ...this.#missingSinceMs.keys()]);
  }

  /** How long the first of the missing addresses stays from now on; Infinity where none is missing. */
  leftMs(nowMs: number, holdMs: number): number {
    return Math.max(0, Math.min(...this.#missingSinceMs.values()) + holdMs - nowMs);
  }

  #bound(): void {
    for (const address of this.#missingSinceMs.keys()) {
      if (this.#missingSinceMs.size <= MOST_MISSING) return;
      this.#missingSinceMs.delete(address);
    }
  }
}
