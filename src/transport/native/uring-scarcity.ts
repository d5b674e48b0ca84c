import { ACCEPT_BACKLOG } from "../../core/accept-queue.ts";
import type { Libc } from "./libc.ts";

/** Takes many descriptors at once, unless they are scarce. */
export interface Frugal {
  /** Looks anew whether they are, by the number of the one that was opened last. */
  consider(descriptor: number): void;
}

/** A burst of clients at one listening socket, and the dials for them. */
const BURST = 2 * ACCEPT_BACKLOG;

/** Knows from which number on descriptors are scarce, as the kernel gives the lowest that is free: a burst may come to all acceptors at once. */
export class Scarcity {
  readonly #most: number;
  readonly #acceptors = new Set<Frugal>();

  constructor(libc: Pick<Libc, "mostDescriptors">) {
    this.#most = libc.mostDescriptors();
  }

  /** Takes one in that listens by this descriptor: with it, they may be scarce for the others, too. */
  add(acceptor: Frugal, descriptor: number): void {
    this.#acceptors.add(acceptor);
    for (const each of this.#acceptors) each.consider(descriptor);
  }

  delete(acceptor: Frugal): void {
    this.#acceptors.delete(acceptor);
  }

  /** Whether they are scarce, where the one that was opened last has this number. */
  isAt(descriptor: number): boolean {
    return descriptor >= this.#most - BURST * this.#acceptors.size;
  }
}
