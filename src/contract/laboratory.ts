/** What is asked of a laboratory: to slow a server, to crash it, to bring it back, or to multiply the load it began with. */
export type LabOrder =
  | { readonly action: "slow" | "crash" | "restore"; readonly server: string }
  | { readonly action: "load"; readonly factor: number };

/** How a laboratory is: its servers, and the load on them. */
export interface LabState {
  readonly servers: readonly { readonly name: string; readonly state: "well" | "slow" | "down" }[];
  readonly load: { readonly sessionsPerSec: number; readonly factor: number };
}

/** What a balancer sends to the laboratory that started it; without an order it only asks how the laboratory is. */
export interface LabQuestion {
  readonly laboratory: { readonly id: number; readonly order?: LabOrder };
}

/** What comes back; `refused` says in words what was expected. */
export interface LabAnswer {
  readonly laboratory: { readonly id: number } & (
    | { readonly state: LabState }
    | { readonly refused: string }
  );
}
