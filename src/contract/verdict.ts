import type { Endpoint } from "../core/address.ts";

/** What probes found of a backend, when it changed. */
export interface Verdict {
  readonly pool: string;
  /** The name of the backend's entry; with the endpoint it says which backend is meant, also under another name. */
  readonly entry: string;
  readonly endpoint: Endpoint;
  readonly alive: boolean;
  readonly reason: string;
}
