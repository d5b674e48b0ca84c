import { expect, test } from "vitest";
import { Names } from "#lb/control/names";
import { Deferred } from "#lb/core/deferred";
import { ManualClock } from "../support/manual-clock.ts";
import { nameServiceOf } from "../support/name-service.ts";

/** Longer than any look-up of these tests takes. */
const PATIENCE_MS = 3_600_000;

test("gives the addresses of both families, each once and in one order", async () => {
  using made = known({
    both: ["2001:db8::1", "192.0.2.2", "192.0.2.1", "192.0.2.2"],
    six: ["2001:db8::2", "2001:db8::1"],
  });
  await made.names.learn(["both", "six"], PATIENCE_MS);
  expect(made.names.addressesOf("both")).toEqual(["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
  expect(made.names.addressesOf("six")).toEqual(["2001:db8::1", "2001:db8::2"]);
  expect(made.names.addressesOf("nobody")).toEqual([]);
});

test("a name without an answer has no addresses yet and says why, and keeps no other from having theirs", async () => {
  using made = known({ good: ["192.0.2.1"] });
  await made.names.learn(["good", "bad"], PATIENCE_MS);
  expect(made.names.addressesOf("good")).toEqual(["192.0.2.1"]);
  expect(made.names.errorOf("good")).toBeUndefined();
  expect(made.names.addressesOf("bad")).toEqual([]);
  expect(made.names.errorOf("bad")).toMatchObject({ code: "ENOTFOUND", hostname: "bad" });
});

test("an answer without an address is no answer", async () => {
  using made = known({ empty: [] });
  await made.names.learn(["empty"], PATIENCE_MS);
  expect(made.names.errorOf("empty")).toMatchObject({ code: "ENOTFOUND", hostname: "empty" });
});

test("waits for no answer longer than five seconds", async () => {
  using made = known({ slow: "silent" });
  const learnt = made.names.learn(["slow"], PATIENCE_MS);
  await made.clock.run(5_000);
  await learnt;
  expect(made.names.errorOf("slow")).toMatchObject({ code: "EAI_AGAIN", hostname: "slow" });
});

test("waits for first answers no longer than it is told to, and tells of those that come later", async () => {
  const answer = new Deferred<readonly string[]>();
  using made = known({ slow: answer.promise, good: ["192.0.2.2"] });
  const learnt = made.names.learn(["slow", "good"], 1_000);
  await made.clock.run(1_000);
  await learnt;
  expect(made.names.addressesOf("good")).toEqual(["192.0.2.2"]);
  expect(made.names.errorOf("slow")).toMatchObject({ code: "EAI_AGAIN" });
  expect(made.told).toEqual([]);
  answer.resolve(["192.0.2.1"]);
  await made.clock.run(0);
  expect(made.told).toEqual(["changed slow"]);
  expect(made.names.addressesOf("slow")).toEqual(["192.0.2.1"]);
});

test("keeps the names that a change still needs, until it gives them back", async () => {
  using made = known({ name: ["192.0.2.1"] });
  const held = await made.names.learn(["name"], 1_000);
  made.names.keep([]);
  expect(made.names.addressesOf("name")).toEqual(["192.0.2.1"]);
  held[Symbol.dispose]();
  made.names.keep([]);
  expect(made.names.addressesOf("name")).toEqual([]);
});

test("a name that is asked for again while it is looked up waits for that look-up's answer", async () => {
  const answer = new Deferred<readonly string[]>();
  using made = known({ slow: answer.promise });
  const learnt = made.names.learn(["slow"], PATIENCE_MS);
  await made.clock.run(3_600_000);
  await learnt;
  expect(made.lookups).toEqual(["slow"]);
  answer.resolve(["192.0.2.1"]);
  await made.clock.run(0);
  expect(made.lookups).toEqual(["slow"]);
  await made.clock.run(30_000);
  expect(made.names.addressesOf("slow")).toEqual(["192.0.2.1"]);
});

test("learns all of many names, however long the last ones wait for their turn", async () => {
  const names = Array.from({ length: 300 }, (_, nth) => `name-${nth}`);
  const clock = new ManualClock();
  const lookUp = inTurns(clock, 2, 100);
  using known = new Names(clock, { changed() {}, failed() {} }, () => 0, nameServiceOf(lookUp, 60));
  const learnt = known.learn(names, PATIENCE_MS);
  await clock.run(15_000);
  await learnt;
  expect(names.filter((name) => known.addressesOf(name).length === 0)).toEqual([]);
});

test.each([
  ["say nothing", 60_000, 5_000],
  ["have no answer after two seconds", 2_000, 6_000],
])("waits no longer for many names than for one where name servers %s", async (_, takesMs, ms) => {
  const clock = new ManualClock();
  const lookUp = inTurns(clock, 32, takesMs, "EAI_AGAIN");
  using names = new Names(clock, { changed() {}, failed() {} }, () => 0, nameServiceOf(lookUp, 60));
  const learnt = names.learn(
    Array.from({ length: 300 }, (_, nth) => `name-${nth}`),
    PATIENCE_MS,
  );
  await clock.run(ms);
  await learnt;
  expect(names.errorOf("name-299")).toMatchObject({ code: "EAI_AGAIN", hostname: "name-299" });
});

test("two names without an answer hold up no third", async () => {
  using made = known({ slow: "silent", "slow-2": "silent", "slow-3": "silent", good: ["192.0.2.1"] });
  void made.names.learn(["slow", "slow-2", "slow-3"], PATIENCE_MS);
  await made.names.learn(["good"], PATIENCE_MS);
  expect(made.names.addressesOf("good")).toEqual(["192.0.2.1"]);
  expect(made.clock.now()).toBe(0);
});

test("asks for a name without an answer ever less often, and tells nothing before it has one", async () => {
  using made = known({});
  await made.names.learn(["late"], PATIENCE_MS);
  for (const [nth, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
    await made.clock.run(seconds * 1_000 - 1);
    expect(made.lookups).toHaveLength(nth + 1);
    await made.clock.run(1);
    expect(made.lookups).toHaveLength(nth + 2);
  }
  expect(made.told).toEqual([]);
  made.answers.late = ["192.0.2.1"];
  await made.clock.run(30_000);
  expect(made.told).toEqual(["changed late"]);
  expect(made.names.addressesOf("late")).toEqual(["192.0.2.1"]);
  expect(made.names.errorOf("late")).toBeUndefined();
});

test("asks at once for a name without an answer that is to be learnt again, and often from then on", async () => {
  using made = known({});
  await made.names.learn(["late"], PATIENCE_MS);
  await made.clock.run(20_000);
  made.lookups.length = 0;
  await made.names.learn(["late"], PATIENCE_MS);
  expect(made.lookups).toEqual(["late"]);
  await made.clock.run(1_000);
  expect(made.lookups).toEqual(["late", "late"]);
});

test("a first answer that comes while the name is learnt again in vain stays", async () => {
  using made = known({});
  await made.names.learn(["late"], PATIENCE_MS);
  made.answers.slow = "silent";
  const again = made.names.learn(["late", "slow"], PATIENCE_MS);
  made.answers.late = ["192.0.2.1"];
  await made.clock.run(5_000);
  await again;
  expect(made.names.addressesOf("late")).toEqual(["192.0.2.1"]);
});

test.each([
  [10, 10_000],
  [0, 1_000],
  [86_400, 300_000],
  ["untold", 30_000],
] as const)("looks a name up again after its TTL: %s s, %i ms", async (ttlSec, ms) => {
  using made = known({ name: ["192.0.2.1"] }, ttlSec);
  await made.names.learn(["name"], PATIENCE_MS);
  await made.clock.run(ms - 1);
  expect(made.lookups).toEqual(["name"]);
  await made.clock.run(1);
  expect(made.lookups).toEqual(["name", "name"]);
});

test("tells of other addresses, and of nothing where only their order is another", async () => {
  using made = known({ name: ["192.0.2.1", "192.0.2.2"] });
  await made.names.learn(["name"], PATIENCE_MS);
  made.answers.name = ["192.0.2.2", "192.0.2.1"];
  await made.clock.run(10_000);
  expect(made.told).toEqual([]);
  made.answers.name = ["192.0.2.3"];
  await made.clock.run(10_000);
  expect(made.told).toEqual(["changed name"]);
  expect(made.names.addressesOf("name")).toEqual(["192.0.2.3"]);
});

test("an address stays until answers have lacked it for the hold, and goes then, whenever they come", async () => {
  using made = known({ name: ["192.0.2.1", "192.0.2.2"] }, 10, 25_000);
  await made.names.learn(["name"], PATIENCE_MS);
  made.answers.name = ["192.0.2.2"];
  await made.clock.run(34_999);
  expect(made.names.addressesOf("name")).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(made.told).toEqual([]);
  await made.clock.run(1);
  expect(made.names.addressesOf("name")).toEqual(["192.0.2.2"]);
  expect(made.told).toEqual(["changed name"]);
});

test("the hold of an address begins anew when an answer has it again", async () => {
  using made = known({ name: ["192.0.2.1", "192.0.2.2"] }, 10, 15_000);
  await made.names.learn(["name"], PATIENCE_MS);
  for (let i = 0; i < 10; i++) {
    made.answers.name = [`192.0.2.${1 + (i % 2)}`];
    await made.clock.run(10_000);
  }
  expect(made.names.addressesOf("name")).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(made.told).toEqual([]);
});

test("what is held goes also while the name has no answer, and the last answer stays", async () => {
  using made = known({ name: ["192.0.2.1", "192.0.2.2"] }, 10, 25_000);
  await made.names.learn(["name"], PATIENCE_MS);
  made.answers.name = ["192.0.2.2"];
  await made.clock.run(10_000);
  delete made.answers.name;
  await made.clock.run(600_000);
  expect(made.names.addressesOf("name")).toEqual(["192.0.2.2"]);
});

test("keeps the last answer of a name that is lost, says so once, and finds it again", async () => {
  using made = known({ name: ["192.0.2.1"] });
  await made.names.learn(["name"], PATIENCE_MS);
  delete made.answers.name;
  await made.clock.run(30_000);
  expect(made.told).toEqual(["failed name"]);
  expect(made.names.addressesOf("name")).toEqual(["192.0.2.1"]);
  made.answers.name = ["192.0.2.1"];
  await made.clock.run(10_000);
  delete made.answers.name;
  await made.clock.run(10_000);
  expect(made.told).toEqual(["failed name", "failed name"]);
});

test("asks once for a name that it knows, and no more for one that it need not keep", async () => {
  using made = known({ one: ["192.0.2.1"], two: ["192.0.2.2"] });
  (await made.names.learn(["one"], PATIENCE_MS))[Symbol.dispose]();
  (await made.names.learn(["one", "two"], PATIENCE_MS))[Symbol.dispose]();
  expect(made.lookups).toEqual(["one", "two"]);
  made.names.keep(["two"]);
  await made.clock.run(10_000);
  expect(made.lookups).toEqual(["one", "two", "two"]);
  expect(made.names.addressesOf("one")).toEqual([]);
});

test("tells nothing of a name that was let go while it was looked up", async () => {
  using made = known({ name: ["192.0.2.1"] });
  (await made.names.learn(["name"], PATIENCE_MS))[Symbol.dispose]();
  made.answers.name = "silent";
  await made.clock.run(10_000);
  made.names.keep([]);
  await made.clock.run(60_000);
  expect(made.told).toEqual([]);
  expect(made.clock.timers).toBe(0);
});

/** Looks up as a slow name server does: so many at once, the others in its queue, and each takes its time; all fail where `code` is given. */
function inTurns(clock: ManualClock, atOnce: number, takesMs: number, code?: string) {
  const freeAtMs = Array.from({ length: atOnce }, () => 0);
  return async (): Promise<readonly string[]> => {
    freeAtMs.sort((a, b) => a - b);
    const atMs = Math.max(clock.now(), freeAtMs[0] as number) + takesMs;
    freeAtMs[0] = atMs;
    await new Promise<void>((resolve) => clock.after(atMs - clock.now(), resolve));
    if (code !== undefined) throw Object.assign(new Error("no answer"), { code });
    return ["192.0.2.1"];
  };
}

type Answer = readonly string[] | "silent" | Promise<readonly string[]>;

/** Names as somebody knows them, and nobody asks a network. */
function known(answers: Record<string, Answer>, ttlSec?: number | "untold", holdMs = 0) {
  const clock = new ManualClock();
  const told: string[] = [];
  const lookups: string[] = [];
  const addressesOf = (name: string): Promise<readonly string[]> => {
    lookups.push(name);
    const answer = answers[name];
    if (answer === "silent") return new Promise(() => {});
    const unknown = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
      code: "ENOTFOUND",
      hostname: name,
    });
    return answer === undefined ? Promise.reject(unknown) : Promise.resolve(answer);
  };
  const service =
    ttlSec === "untold"
      ? async (name: string) => ({ addresses: await addressesOf(name), ttlSec: undefined })
      : nameServiceOf(addressesOf, ttlSec);
  const events = {
    changed: (name: string) => void told.push(`changed ${name}`),
    failed: (name: string) => void told.push(`failed ${name}`),
  };
  const names = new Names(clock, events, () => holdMs, service);
  return {
    clock,
    names,
    answers,
    told,
    lookups,
    [Symbol.dispose]: () => names[Symbol.dispose](),
  };
}
