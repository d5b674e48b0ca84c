import type { AcceptProxy } from "../contract/admission.ts";
import { ipOf } from "../core/ip.ts";
import { type Match, parseMatcher } from "./matcher.ts";

/** Peers that are believed when they name their client, and must name it. */
export class TrustedPeers {
  readonly timeoutMs: number;
  readonly #from: readonly Match[];

  constructor({ from, timeoutMs }: AcceptProxy) {
    this.timeoutMs = timeoutMs;
    this.#from = from.map(parseMatcher);
  }

  /** `peer`: its address, or "unix". */
  includes(peer: string): boolean {
    const ip = ipOf(peer);
    return this.#from.some((matches) => matches(ip));
  }
}
