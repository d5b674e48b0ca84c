import { expect, test } from "vitest";
import { type NameService, Names } from "#lb/config/names";
import { ManualClock } from "../support/manual-clock.ts";

test("gives IPv4 addresses where there are any, else IPv6, each once and in one order", async () => {
  using made = known({
    both: ["2001:db8::1", "192.0.2.2", "192.0.2.1", "192.0.2.2"],
    six: ["2001:db8::2", "2001:db8::1"],
  });
  await made.names.learn(["both", "six"]);
  expect(made.names.addressesOf("both")).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(made.names.addressesOf("six")).toEqual(["2001:db8::1", "2001:db8::2"]);
  expect(made.names.addressesOf("nobody")).toEqual([]);
});

test("rejects with the error of the name that has no answer, and learns none then", async () => {
  using made = known({ good: ["192.0.2.1"] });
  await expect(made.names.learn(["good", "bad"])).rejects.toMatchObject({
    code: "ENOTFOUND",
    hostname: "bad",
  });
  expect(made.names.addressesOf("good")).toEqual([]);
  expect(made.clock.timers).toBe(0);
});

test("an answer without an address is no answer", async () => {
  using made = known({ empty: [] });
  await expect(made.names.learn(["empty"])).rejects.toMatchObject({ code: "ENOTFOUND" });
});

test("waits for no answer longer than five seconds", async () => {
  using made = known({ slow: "silent" });
  const learnt = expect(made.names.learn(["slow"])).rejects.toMatchObject({
    code: "ENOTFOUND",
    hostname: "slow",
  });
  await made.clock.run(5_000);
  await learnt;
});

test.each([
  [10, 10_000],
  [0, 1_000],
  [86_400, 300_000],
  ["untold", 30_000],
] as const)("looks a name up again after its TTL: %s s, %i ms", async (ttlSec, ms) => {
  using made = known({ name: ["192.0.2.1"] }, ttlSec);
  await made.names.learn(["name"]);
  await made.clock.run(ms - 1);
  expect(made.lookups).toEqual(["name"]);
  await made.clock.run(1);
  expect(made.lookups).toEqual(["name", "name"]);
});

test("tells of other addresses, and of nothing where only their order is another", async () => {
  using made = known({ name: ["192.0.2.1", "192.0.2.2"] });
  await made.names.learn(["name"]);
  made.answers.name = ["192.0.2.2", "192.0.2.1"];
  await made.clock.run(10_000);
  expect(made.told).toEqual([]);
  made.answers.name = ["192.0.2.3"];
  await made.clock.run(10_000);
  expect(made.told).toEqual(["changed"]);
  expect(made.names.addressesOf("name")).toEqual(["192.0.2.3"]);
});

test("keeps the last answer of a name that is lost, says so once, and finds it again", async () => {
  using made = known({ name: ["192.0.2.1"] });
  await made.names.learn(["name"]);
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
  await made.names.learn(["one"]);
  await made.names.learn(["one", "two"]);
  expect(made.lookups).toEqual(["one", "two"]);
  made.names.keep(["two"]);
  await made.clock.run(10_000);
  expect(made.lookups).toEqual(["one", "two", "two"]);
  expect(made.names.addressesOf("one")).toEqual([]);
});

test("tells nothing of a name that was let go while it was looked up", async () => {
  using made = known({ name: ["192.0.2.1"] });
  await made.names.learn(["name"]);
  made.answers.name = "silent";
  await made.clock.run(10_000);
  made.names.keep([]);
  await made.clock.run(60_000);
  expect(made.told).toEqual([]);
  expect(made.clock.timers).toBe(0);
});

type Answer = readonly string[] | "silent";

/** Names as somebody knows them, and nobody asks a network. */
function known(answers: Record<string, Answer>, ttlSec: number | "untold" = 10) {
  const clock = new ManualClock();
  const told: string[] = [];
  const lookups: string[] = [];
  const service: NameService = {
    addresses(name) {
      lookups.push(name);
      const answer = answers[name];
      if (answer === "silent") return new Promise(() => {});
      const unknown = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
        code: "ENOTFOUND",
        hostname: name,
      });
      return answer === undefined ? Promise.reject(unknown) : Promise.resolve(answer);
    },
    ttlSec: async () => {
      if (ttlSec === "untold") throw new Error("no DNS server");
      return ttlSec;
    },
  };
  const events = {
    changed: () => void told.push("changed"),
    failed: (name: string) => void told.push(`failed ${name}`),
  };
  const names = new Names(clock, events, service);
  return {
    clock,
    names,
    answers,
    told,
    lookups,
    [Symbol.dispose]: () => names[Symbol.dispose](),
  };
}
