import type { Report } from "../contract/report.ts";
import type { Piece } from "./pieces.ts";
import type { PlainError } from "./plain-error.ts";
import type { PlaneCalls } from "./plane.ts";

/** Where messages to the other end of a channel go. */
export interface Port {
  postMessage(message: ToPlane | FromPlane): void;
}

/** One call of a plane. */
export interface Call<Name extends keyof PlaneCalls = keyof PlaneCalls> {
  readonly name: Name;
  readonly args: Parameters<PlaneCalls[Name]>;
}

/** What came of a call. */
export type Answer = { readonly done: unknown } | { readonly failed: PlainError };

/** A call or an answer on its way, by the call's number. */
export type ParcelMessage =
  | { readonly kind: "piece"; readonly number: number; readonly piece: Piece; readonly isLast: boolean }
  /** The last piece was unpacked, and the next may come. */
  | { readonly kind: "more"; readonly number: number };

/** What a data plane is told, besides calls. */
export type ToPlane =
  | ParcelMessage
  /** Whether session records are wanted from now on. */
  | { readonly kind: "records"; readonly wanted: boolean }
  /** The oldest batch of reports that was not taken yet is taken. */
  | { readonly kind: "taken" };

/** What a data plane tells, besides answers. */
export type FromPlane = ParcelMessage | { readonly kind: "reports"; readonly batch: readonly Report[] };
