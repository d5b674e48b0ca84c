import type { Endpoint } from "../core/address.ts";

/** What probes found of a backend, when it changed. */
export interface Verdict {
  readonly pool: string;
  /** The name of its entry in the file; with the endpoint it says which backend it is, whatever it is called by now. */
  readonly entry: string;
  readonly endpoint: Endpoint;
  readonly alive: boolean;
  readonly reason: string;
}
