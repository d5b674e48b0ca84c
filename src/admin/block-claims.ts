import { plainBlock } from "../config/block.ts";
import { shown } from "../config/shown.ts";
import type { Matcher } from "../contract/admission.ts";
import type { Plane } from "../plane/plane.ts";
import { Problem } from "./problem.ts";

/** Addresses and blocks while clients are being given them: the file has each once, and so has the API. */
export class BlockClaims {
  readonly #plane: Pick<Plane, "blocksTaken">;
  /** By the one spelling of each: which client is being given it, and by how many calls. */
  readonly #claimed = new Map<string, { readonly id: string; calls: number }>();

  constructor(plane: Pick<Plane, "blocksTaken">) {
    this.#plane = plane;
  }

  /** Holds them for a client until it is disposed of; throws a Problem where another client has one or is being given it, or one comes twice. */
  async claim(id: string, blocks: readonly Matcher[]): Promise<Disposable> {
    const plain = blocks.map((block) => plainBlock(block) ?? block);
    const twice = plain.find((block, at) => plain.indexOf(block) !== at);
    if (twice !== undefined)
      throw new Problem(
        "invalid",
        `body.addresses: expected each address or block once, got ${shown(twice)} twice`,
      );
    refuseFirst(plain.filter((block) => (this.#claimed.get(block)?.id ?? id) !== id));
    const held = this.#hold(id, plain);
    try {
      refuseFirst(await this.#plane.blocksTaken(plain, id));
      return held;
    } catch (error) {
      held[Symbol.dispose]();
      throw error;
    }
  }

  #hold(id: string, blocks: readonly string[]): Disposable {
    for (const block of blocks) {
      const claim = this.#claimed.get(block) ?? { id, calls: 0 };
      claim.calls += 1;
      this.#claimed.set(block, claim);
    }
    return {
      [Symbol.dispose]: () => {
        for (const block of blocks) this.#release(block);
      },
    };
  }

  #release(block: string): void {
    const claim = this.#claimed.get(block);
    if (claim === undefined) return;
    claim.calls -= 1;
    if (claim.calls === 0) this.#claimed.delete(block);
  }
}

function refuseFirst([taken]: readonly Matcher[]): void {
  if (taken === undefined) return;
  const expected = "expected an address or block no other client has";
  throw new Problem("exists", `${expected}, got ${shown(taken)}`);
}
