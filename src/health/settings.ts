import type { AskingSettings } from "./probes/index.ts";

/** What a backend is asked to find out whether it lives; `off` asks nothing and takes it to be up. */
export type ProbeSettings = { readonly kind: "off" } | AskingSettings;

/** How the backends of a pool are probed. */
export interface HealthSettings {
  readonly probe: ProbeSettings;
  /** Where it is asked; default: the backend's own port. */
  readonly port?: number;
  /** From the start of one probe of a backend to the start of its next. */
  readonly intervalMs: number;
  /** By when a probe must have passed, dialling included. */
  readonly timeoutMs: number;
  /** Passed probes in a row that bring a backend up. */
  readonly rise: number;
  /** Failed probes in a row that take it down. */
  readonly fall: number;
}
