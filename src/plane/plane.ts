import type { Matcher } from "../contract/admission.ts";
import type { ClientsSample, ClientTokens, PressedClient } from "../contract/clients.ts";
import type { DecisionLog, DecisionQuery } from "../contract/decision.ts";
import type { HistogramSample } from "../contract/histogram.ts";
import type { Order, Outcome } from "../contract/order.ts";
import type { Report } from "../contract/report.ts";
import type { Sample, SampleOf, SessionSample, Totals } from "../contract/sample.ts";
import type { Applied, Change, Snapshot } from "../contract/snapshot.ts";

/** Gets reports in batches, in the order they happened; it must not throw. */
export type ReportsListener = (batch: readonly Report[]) => void;

/** What may be asked of a data plane, and what it answers, in plain data alone; errors have a code where the system gave one. */
export interface PlaneCalls {
  /**
   * Makes what runs equal to the snapshot; rejects, and changes nothing, where a listener cannot be bound or there is no
   * room for its backends.
   */
  apply(snapshot: Snapshot): Promise<Applied>;
  /** Gives one part of the snapshot that holds its new value; rejects, and changes nothing, where there is no room for it. */
  change(change: Change): Promise<Outcome>;
  order(order: Order): Promise<Outcome>;
  /** The live numbers, all or a part of them, which costs what that part costs. */
  sample(of?: SampleOf): Promise<Sample>;
  /** The live numbers without those of single backends. */
  totals(): Promise<Totals>;
  /** At most so many sessions that live, the oldest first. */
  sessions(limit: number): Promise<readonly SessionSample[]>;
  /** One session that lives; undefined where there is none of that id. */
  session(id: string): Promise<SessionSample | undefined>;
  /** What clients of the list have left: all, or these alone, as far as they are there. */
  clients(ids?: readonly string[]): Promise<readonly ClientTokens[]>;
  /** Which of these addresses and blocks clients of the list have, but for the client of that id. */
  blocksTaken(blocks: readonly Matcher[], besides: string): Promise<readonly Matcher[]>;
  /** At most so many clients that have less than a quarter of their tokens left, the most pressed first. */
  pressedClients(most: number): Promise<readonly PressedClient[]>;
  /** What the token buckets have done, one by one for at most so many entries. */
  clientTotals(most: number): Promise<ClientsSample>;
  /** How late a timer of the data plane's thread came that looks twenty times a second, from when this is asked first. */
  loopDelay(): Promise<HistogramSample>;
  /** The decisions that are asked for; they are recorded for a minute after each call, or always where the snapshot says so. */
  decisions(query: DecisionQuery): Promise<DecisionLog>;
  /**
   * Stops accepting, lets sessions finish for `graceMs`, cuts the rest; called again with 0 it does so at once. Resolves
   * with how many were cut.
   */
  close(options: { readonly graceMs: number }): Promise<number>;
}

/**
 * Where the data plane runs. Only plain data crosses it, no socket, no class instance, no function but the listeners that
 * stay on this side; so what steers the balancer never holds a part of it.
 */
export interface Plane extends PlaneCalls {
  /**
   * Gives a listener all reports that are told from now on until it is disposed of; session records, which cost, only where it
   * wants them.
   */
  subscribe(listener: ReportsListener, wanted: { readonly records: boolean }): Disposable;
}
