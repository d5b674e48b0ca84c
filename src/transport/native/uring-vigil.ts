import { type Enrolled, Roster } from "../../core/roster.ts";
import type { Libc, Memory } from "./libc.ts";

/** A stream whose peer has finished. */
export interface Finished extends Enrolled {
  /** Has the kernel say when the peer breaks off. */
  watch(): void;
}

/** Most are closed by then, and to be watched costs more than what is left of them. */
const WAIT_NS = 100_000_000;

/** Has streams watched that are still open some time after their peers have finished. */
export class Vigil {
  /** How long it waits, as the kernel reads it. */
  readonly wait: Memory;
  readonly #begin: () => void;
  readonly #finished = new Roster<Finished>();
  #isUnderWay = false;

  /** `begin` is called where one comes and no wait is under way; behind the wait `end` is to be called. */
  constructor(libc: Libc, begin: () => void) {
    this.wait = libc.memory(16);
    this.wait.words[2] = WAIT_NS;
    this.#begin = begin;
  }

  add(stream: Finished): void {
    this.#finished.add(stream);
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#begin();
  }

  /** It is closed. */
  leave(stream: Finished): void {
    this.#finished.delete(stream);
  }

  end(): void {
    this.#isUnderWay = false;
    for (const stream of this.#finished) {
      this.#finished.delete(stream);
      stream.watch();
    }
  }
}
