import type { Libc } from "./libc.ts";
import { CLOEXEC, SOCK_NONBLOCK_CLOEXEC } from "./linux.ts";

/**
 * A descriptor that is held for the moment when none is left: given back, it lets one client be accepted and closed, who
 * would otherwise wait in the kernel's queue, and whose listening socket would ask for attention without end.
 */
export class Spare {
  readonly #libc: Libc;
  #descriptor = -1;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#hold();
  }

  /** Accepts a client and closes it; false where that is not possible either. */
  turnAway(listening: number): boolean {
    if (this.#descriptor === -1) this.#hold();
    if (this.#descriptor === -1) return false;
    this.#libc.close(this.#descriptor);
    const client = this.#libc.accept4(listening, 0, 0, SOCK_NONBLOCK_CLOEXEC);
    if (client >= 0) this.#libc.close(client);
    this.#hold();
    return client >= 0;
  }

  close(): void {
    if (this.#descriptor !== -1) this.#libc.close(this.#descriptor);
    this.#descriptor = -1;
  }

  #hold(): void {
    this.#descriptor = this.#libc.open("/dev/null", CLOEXEC);
  }
}
