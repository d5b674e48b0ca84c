import { Deferred } from "#lb/core/deferred";
import type { Keep } from "#lb/store/seam";
import { MemoryStore } from "../support/memory-store.ts";

/** A store whose writes wait while it is held, and are done in their order when it is let go. */
export class HeldStore extends MemoryStore {
  #held: Deferred<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  hold(): void {
    this.#held ??= new Deferred();
  }

  letGo(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  override save(changes: readonly Keep[]): Promise<void> {
    const held = this.#held?.promise;
    const saved = this.#last.then(() => held).then(() => this.write(changes));
    this.#last = saved.catch(() => {});
    return saved;
  }

  /** One write, in its turn. */
  protected write(changes: readonly Keep[]): Promise<void> {
    return super.save(changes);
  }
}
