import type { Dropped } from "../../contract/report.ts";

/** What the parts of the control plane tell of themselves. */
export interface ControlReading {
  readonly droppedLogLines: number;
  readonly droppedReports: Dropped;
  /** Undefined: there is no store. */
  readonly store: { readonly kind: string; readonly up: boolean } | undefined;
  readonly copies: readonly CopyCounts[];
}

/** The copies of one template: how many are wanted, and how many are in each state, with a 0 for each that none is in. */
export interface CopyCounts {
  readonly template: string;
  readonly wanted: number;
  readonly states: Readonly<Record<string, number>>;
}
