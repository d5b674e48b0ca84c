/** The names of the algorithms, as the command line and the configuration have them; `algorithms/index.ts` is their table. */
export const algorithmNames = [
  "round-robin",
  "least-connections",
  "random",
  "p2c",
  "peak-ewma",
  "source-hash",
  "maglev",
  "first",
] as const;

/** The name of an algorithm. */
export type AlgorithmName = (typeof algorithmNames)[number];
