import { expect, test } from "vitest";
import { parseDuration } from "#lb/core/duration";
import { soak } from "../support/soak/soak.ts";
import { type Subject, SubjectHere, SubjectProcess } from "../support/soak/subject.ts";

const MIB = 1024 * 1024;
/** How long it is to last: LB_SOAK=60s. */
const { LB_SOAK } = process.env;
const ROUNDS = LB_SOAK === undefined ? 5 : 10;
const SEATS = LB_SOAK === undefined ? 40 : 200;
const ROUND_MS = LB_SOAK === undefined ? 500 : parseDuration(LB_SOAK) / ROUNDS;
const LONGEST_MS = 300_000 + 5 * ROUNDS * ROUND_MS;

type Start = (text: string) => Promise<Subject>;
/** A process goes on growing for its first minute: less than two of them tell little. */
const MOST_RESIDENT_GROWTH_BYTES = (ROUNDS * ROUND_MS < 120_000 ? 128 : 32) * MIB;
// What is resident also holds what was freed and not given back: it only tells in a long run.
const SUBJECTS: readonly (readonly [where: string, start: Start, mostGrowthBytes: number])[] = [
  ["here", SubjectHere.start, 4 * MIB],
  ["as a process", SubjectProcess.start, LB_SOAK === undefined ? Infinity : MOST_RESIDENT_GROWTH_BYTES],
];

test.each(SUBJECTS)(
  "in a storm of resets, crashes, full backends and reloads (%s) no byte, client, place or memory is lost",
  async (where, start, mostGrowthBytes) => {
    const findings = await soak({ start, seed: 42, seats: SEATS, rounds: ROUNDS, roundMs: ROUND_MS });
    if (LB_SOAK !== undefined) console.log(where, findings);
    const { visits, endings, wrong, memoryBytes } = findings;
    expect(wrong).toEqual([]);
    expect(Object.keys(endings)).toEqual(expect.arrayContaining(["done", "client-reset", "backend-reset"]));
    expect(endings.done).toBeGreaterThan(visits / 5);
    const settledBytes = Math.max(...memoryBytes.slice(0, Math.ceil(ROUNDS / 2)));
    expect((memoryBytes.at(-1) as number) - settledBytes).toBeLessThan(mostGrowthBytes);
  },
  LONGEST_MS,
);
