import { expect, test } from "vitest";
import { controlled } from "./controlled.ts";

test("waits a second for a backend's name, listens without it then, and lets it join when its answer comes", async () => {
  const made = controlled(text({ backend: "slow.example:2" }));
  const answer = made.slowly("slow.example");
  const started = made.control.start();
  await made.clock.run(999);
  expect([made.backends(), made.lines]).toEqual([[], []]);
  await made.clock.run(1);
  await started;
  expect(made.backends()).toEqual([["a"]]);
  expect(made.messages().sort()).toEqual(["backend not resolved", "listening"]);
  answer.resolve(["192.0.2.1"]);
  await made.clock.run(0);
  expect(made.backends()).toEqual([["a"], ["a", "z"]]);
  expect(made.messages().at(-1)).toBe("names have other addresses, backends follow");
});

test("lets a backend join also where its answer takes minutes", async () => {
  const made = controlled(text({ backend: "slow.example:2" }));
  const answer = made.slowly("slow.example");
  const started = made.control.start();
  await made.clock.run(120_000);
  await started;
  answer.resolve(["192.0.2.1"]);
  await made.clock.run(30_000);
  expect(made.backends()).toEqual([["a"], ["a", "z"]]);
});

test("waits no longer than the answers take", async () => {
  const made = controlled(text({ backend: "known.example:2", listener: "front.example" }));
  await made.control.start();
  expect(made.backends()).toEqual([["a", "z"]]);
  expect(made.clock.now()).toBe(0);
});

test("waits for a listener's name while a backend's is given up", async () => {
  const made = controlled(text({ backend: "slow.example:2", listener: "front.example" }));
  made.slowly("slow.example");
  const front = made.slowly("front.example");
  const started = made.control.start();
  await made.clock.run(4_000);
  expect(made.backends()).toEqual([]);
  front.resolve(["192.0.2.7"]);
  await started;
  expect(made.backends()).toEqual([["a"]]);
  expect(made.lines).toContainEqual(["info", "listening", { listener: "web", address: "192.0.2.7:8080" }]);
});

test("waits ten seconds at most for the names of listeners, however many stand in line", async () => {
  const hosts = Array.from({ length: 8 }, (_, n) => `front-${n}.example`);
  const listeners = hosts.map((host, n) => `{ name: web-${n}, listen: "${host}:8080", pool: p }`);
  const made = controlled(text({}).replace(/^listeners: .*$/m, `listeners: [${listeners}]`));
  const answers = hosts.map((host) => made.slowly(host));
  const failed = expect(made.control.start()).rejects.toThrow("the listener web-6 cannot listen");
  for (const [n, answer] of answers.slice(0, 6).entries()) {
    if (n % 2 === 0) await made.clock.run(3_000);
    answer.resolve([`192.0.2.${n}`]);
  }
  await made.clock.run(999);
  expect(made.backends()).toEqual([]);
  await made.clock.run(1);
  await failed;
});

test("says nothing of a name's answer that comes before it has started, and uses it", async () => {
  const made = controlled(text({ backend: "slow.example:2", listener: "front.example" }));
  const [front, slow] = [made.slowly("front.example"), made.slowly("slow.example")];
  const started = made.control.start();
  await made.clock.run(2_000);
  slow.resolve(["192.0.2.1"]);
  await made.clock.run(1_000);
  expect([made.backends(), made.lines]).toEqual([[], []]);
  front.resolve(["192.0.2.7"]);
  await started;
  expect(made.backends()).toEqual([["a", "z"]]);
  expect(made.messages()).toEqual(["listening"]);
});

test("follows the answers of many names that come together by few changes, and tells of each", async () => {
  const hosts = Array.from({ length: 100 }, (_, n) => `web-${n}.example`);
  const made = controlled(text({ more: hosts.map((host) => `, { address: "${host}:80" }`).join("") }));
  const answers = hosts.map((host) => made.slowly(host));
  const started = made.control.start();
  await made.clock.run(1_000);
  await started;
  for (const answer of answers) answer.resolve(["192.0.2.1"]);
  await made.clock.run(60_000);
  expect(made.backends().at(-1)).toHaveLength(101);
  expect(made.backends().length).toBeLessThanOrEqual(10);
  const told = made.messages().filter((message) => message.startsWith("names have other addresses"));
  expect(told).toHaveLength(100);
});

interface Named {
  readonly more?: string;
  readonly backend?: string;
  readonly listener?: string;
}

/** A listener before a backend a and, where it is named, a backend z. */
function text({ backend, listener = "127.0.0.1", more = "" }: Named): string {
  const z = backend === undefined ? "" : `, { name: z, address: "${backend}" }`;
  return `
listeners: [{ name: web, listen: "${listener}:8080", pool: p }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:1" }${z}${more}] } }`;
}
