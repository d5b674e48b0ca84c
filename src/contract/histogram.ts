/** How often each of some ranges of time was observed, as plain data. */
export interface HistogramSample {
  /** Observations of each range of the scale, the first from 0 to its first bound; one more for those above the last. */
  readonly counts: readonly number[];
  /** All observations added up. */
  readonly sumSec: number;
}

/** The upper bounds of the ranges of time that are told apart, in seconds, each part of its range; ascending. */
export const scales = {
  /** From the start of a dial to the connection: a network's round trip, up to the longest connect timeout in use. */
  connect: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  /** From the client's first byte to the backend's: an answer, from a cache's to a report's. */
  firstByte: [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  /** From the moment a place is wanted to the moment it is given or refused. */
  queue: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  /** A session's life: one question, or a connection that is kept for days. */
  session: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400],
  /** How long a turn of the loop kept others waiting. */
  turn: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5],
} as const satisfies Record<string, readonly number[]>;

/** The name of a scale. */
export type Scale = keyof typeof scales;
