import fc from "fast-check";
import { expect, test } from "vitest";
import { Recording, WARM_UP } from "../../stress/recording.ts";

const anyOutcome = fc.record({
  startUs: fc.nat(1e9),
  latencyUs: fc.nat(1e9),
  connectUs: fc.option(fc.nat(1e9)),
  server: fc.constantFrom("a", "b", "c"),
  error: fc.option(fc.constantFrom("reset" as const, "eof" as const)),
});

test("gives back what was recorded, however often its columns grew and in whatever order requests ended", () => {
  fc.assert(
    fc.property(fc.array(anyOutcome, { minLength: 1, maxLength: 20 }), (outcomes) => {
      const rows = Array.from(
        { length: 3000 },
        (_, i) => outcomes[i % outcomes.length] as (typeof outcomes)[0],
      );
      const recording = new Recording();
      const indexes = rows.map(({ startUs }) => recording.start(startUs, startUs));
      for (const index of indexes.toReversed()) {
        const { connectUs, error, latencyUs, server } = rows[index] as (typeof outcomes)[0];
        if (connectUs !== null) recording.connected(index, connectUs);
        if (error !== null) recording.fail(index, error);
        else recording.answered(index, latencyUs, server);
      }
      const back = indexes.map((i) => ({
        startUs: recording.startUs[i],
        latencyUs: recording.latencyUs[i],
        connectUs: recording.connectUs[i],
        server: recording.servers[recording.server[i] as number],
        error: recording.errorWords[recording.error[i] as number],
      }));
      const put = rows.map(({ startUs, latencyUs, connectUs, server, error }) => ({
        startUs,
        latencyUs: error === null ? latencyUs : -1,
        connectUs: connectUs ?? -1,
        server: error === null ? server : undefined,
        error: error ?? undefined,
      }));
      expect(back).toEqual(put);
      expect(recording.ok + recording.failed).toBe(3000);
    }),
    { numRuns: 5 },
  );
});

test("forgets what belongs to the warm-up", () => {
  const recording = new Recording();
  recording.connected(WARM_UP, 1);
  recording.answered(WARM_UP, 1, "a");
  recording.fail(WARM_UP, "reset");
  expect([recording.length, recording.ok, recording.failed, recording.servers.length]).toEqual([0, 0, 0, 0]);
});

test("bounds the table of servers when a target invents a name for each answer", () => {
  const recording = new Recording();
  for (let i = 0; i < 5000; i++) recording.answered(recording.start(i, i), 1, `server-${i}`);
  expect(recording.servers).toHaveLength(1001);
  expect(recording.servers.at(-1)).toBe("(others)");
  expect(recording.server[4999]).toBe(1000);
});
