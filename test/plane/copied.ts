import { expect } from "vitest";
import type { Matcher } from "#lb/contract/admission";
import type { DecisionQuery } from "#lb/contract/decision";
import type { Order } from "#lb/contract/order";
import type { SampleOf } from "#lb/contract/sample";
import type { Change, Snapshot } from "#lb/contract/snapshot";
import type { Plane, ReportsListener } from "#lb/plane/plane";

/** A plane behind a boundary: all that crosses it is a copy, as between threads, and must be the same as what it is of. */
export class CopiedPlane implements Plane {
  readonly #plane: Plane;

  constructor(plane: Plane) {
    this.#plane = plane;
  }

  async apply(snapshot: Snapshot) {
    return copied(await this.#plane.apply(copied(snapshot)));
  }

  async change(change: Change) {
    return copied(await this.#plane.change(copied(change)));
  }

  async order(order: Order) {
    return copied(await this.#plane.order(copied(order)));
  }

  async sample(of?: SampleOf) {
    return copied(await this.#plane.sample(copied(of)));
  }

  async totals() {
    return copied(await this.#plane.totals());
  }

  async sessions(limit: number) {
    return copied(await this.#plane.sessions(limit));
  }

  async session(id: string) {
    return copied(await this.#plane.session(id));
  }

  async clients(ids?: readonly string[]) {
    return copied(await this.#plane.clients(copied(ids)));
  }

  async blocksTaken(blocks: readonly Matcher[], besides: string) {
    return copied(await this.#plane.blocksTaken(copied(blocks), besides));
  }

  async pressedClients(most: number) {
    return copied(await this.#plane.pressedClients(most));
  }

  async clientTotals(most: number) {
    return copied(await this.#plane.clientTotals(most));
  }

  async decisions(query: DecisionQuery) {
    return copied(await this.#plane.decisions(copied(query)));
  }

  subscribe(listener: ReportsListener, wanted: { readonly records: boolean }): Disposable {
    return this.#plane.subscribe((batch) => listener(copied(batch)), copied(wanted));
  }

  close(options: { readonly graceMs: number }): Promise<number> {
    return this.#plane.close(copied(options));
  }
}

/** Throws where a value has something in it that is no plain data. */
function copied<T>(value: T): T {
  const copy = structuredClone(value);
  expect(copy).toStrictEqual(value);
  return copy;
}
