import { describe } from "vitest";
import { algorithms } from "#lb/algorithms/index";
import { type AlgorithmName, algorithmNames } from "#lb/contract/algorithm";
import { byWeight, type Expected, keepsTheContract } from "./contract.ts";

const turns: Expected = { shares: byWeight, within: 0.001 };
const draws: Expected = { shares: byWeight, within: 0.025 };

const expected: Record<AlgorithmName, Expected> = {
  "round-robin": turns,
  "least-connections": turns,
  random: draws,
  p2c: draws,
  "peak-ewma": turns,
  "source-hash": { ...draws, moves: 0 },
  maglev: { ...draws, moves: 0.05 },
  first: { shares: (weights) => weights.map((_, index) => (index === 0 ? 1 : 0)), within: 0 },
};

for (const name of algorithmNames) describe(name, () => keepsTheContract(algorithms[name], expected[name]));
