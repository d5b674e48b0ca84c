/** What a backend is asked to find out whether it lives; `off` asks nothing and takes it to be up. */
export type ProbeSettings =
  | { readonly kind: "off" }
  /** A connection that stands is enough. */
  | { readonly kind: "tcp" }
  /** Writes `send` as it is; the answer must begin with `expect`. */
  | { readonly kind: "line"; readonly send: string; readonly expect: string }
  /** A GET of `path`; the status must lie between the two, both included. */
  | {
      readonly kind: "http";
      readonly path: string;
      /** The Host field, with a port where it needs one; default: the backend's address. */
      readonly host?: string;
      readonly status: readonly [min: number, max: number];
    };

/** How the backends of a pool are probed. */
export interface HealthSettings {
  readonly probe: ProbeSettings;
  /** From the start of one probe of a backend to the start of its next. */
  readonly intervalMs: number;
  /** By when a probe must have passed, dialling included. */
  readonly timeoutMs: number;
  /** Passed probes in a row that bring a backend up. */
  readonly rise: number;
  /** Failed probes in a row that take it down. */
  readonly fall: number;
}
