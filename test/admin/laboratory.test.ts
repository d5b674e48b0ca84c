import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { Laboratory } from "#lb/admin/laboratory";
import type { LabAnswer, LabQuestion } from "#lb/contract/laboratory";
import { ManualClock } from "../support/manual-clock.ts";

const STATE = { servers: [{ name: "a", state: "well" as const }], load: { sessionsPerSec: 1, factor: 1 } };

/** A parent that answers by hand. */
class Parent extends EventEmitter {
  readonly asked: LabQuestion["laboratory"][] = [];

  send({ laboratory }: LabQuestion): boolean {
    this.asked.push(laboratory);
    return true;
  }

  answer(laboratory: LabAnswer["laboratory"]): void {
    this.emit("message", { laboratory });
  }
}

function laboratory() {
  const [clock, parent] = [new ManualClock(), new Parent()];
  return { clock, parent, lab: new Laboratory(clock, parent as unknown as NodeJS.Process) };
}

test("each question gets its own answer, in whatever order they come", async () => {
  const { clock, parent, lab } = laboratory();
  const [first, second] = [lab.ask(), lab.ask({ action: "crash", server: "zz" })];
  const [one, two] = parent.asked.map(({ id }) => id) as [number, number];
  parent.answer({ id: two, refused: "expected one of the servers a" });
  parent.answer({ id: 999, state: STATE });
  parent.answer({ id: one, state: STATE });
  expect(await first).toEqual(STATE);
  await expect(second).rejects.toMatchObject({ code: "not-found", message: "expected one of the servers a" });
  expect(clock.timers).toBe(0);
});

test("a laboratory that does not answer is unavailable after 3 s", async () => {
  const { clock, lab } = laboratory();
  const asked = expect(lab.ask()).rejects.toMatchObject({ code: "unavailable" });
  clock.advance(3_000);
  await asked;
});

test("at most 16 questions wait at once", async () => {
  const { clock, parent, lab } = laboratory();
  const waiting = Array.from({ length: 16 }, () => lab.ask().catch(() => {}));
  await expect(lab.ask()).rejects.toMatchObject({ code: "too-many" });
  expect(parent.asked).toHaveLength(16);
  clock.advance(3_000);
  await Promise.all(waiting);
});

test("a balancer that no laboratory started has none", () => {
  expect(Laboratory.around(new ManualClock())).toBeUndefined();
});
