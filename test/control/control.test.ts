import { expect, test } from "vitest";
import { controlled } from "./controlled.ts";

const OFF = "health: { probe: off }";

test("applies the configuration at the start, and says where it listens", async () => {
  const made = controlled(text("a"));
  await made.control.start();
  expect(made.backends()).toEqual([["a"]]);
  expect(made.lines).toEqual([["info", "listening", { listener: "web", address: "127.0.0.1:8080" }]]);
});

test("rejects a start that fails, with what prevents it", async () => {
  const made = controlled(text("a"));
  made.plane.refusal = new Error("no socket");
  await expect(made.control.start()).rejects.toThrow("no socket");
});

test("a reload applies what changed, says so, and announces no listener twice", async () => {
  const made = controlled(text("a"));
  await made.control.start();
  made.next = text("b");
  await made.control.reload();
  expect(made.backends()).toEqual([["a"], ["b"]]);
  expect(made.messages()).toEqual(["listening", "reloaded"]);
  await made.control.reload();
  expect(made.messages().at(-1)).toBe("reloaded, nothing changed");
});

test("a reload that quiets the log, or lets it speak again, is confirmed as well", async () => {
  const made = controlled(text("a"));
  await made.control.start();
  made.next = `${text("a")}\nlog: { level: warn }`;
  await made.control.reload();
  expect(made.lines.at(-1)?.slice(1)).toEqual(["reloaded", { changes: ["log.level: info → warn"] }]);
  await made.control.reload();
  expect(made.messages()).toEqual(["listening", "reloaded"]);
  made.next = text("a");
  await made.control.reload();
  expect(made.lines.at(-1)?.slice(1)).toEqual(["reloaded", { changes: ["log.level: warn → info"] }]);
});

test("a configuration that cannot be read or applied is reported, and changes nothing", async () => {
  const made = controlled(text("a"));
  await made.control.start();
  made.next = "listeners: []";
  await made.control.reload();
  expect(made.backends()).toHaveLength(1);
  expect(made.lines.at(-1)?.slice(0, 2)).toEqual([
    "error",
    "reload refused, the old configuration serves on",
  ]);
  made.next = text("b");
  made.plane.refusal = taken("127.0.0.1", 8081);
  await made.control.reload();
  expect(made.lines.at(-1)?.[2]).toMatchObject({
    reason: expect.stringMatching(/^127\.0\.0\.1:8081 is taken; /),
  });
  made.plane.refusal = undefined;
  await made.control.reload();
  expect(made.lines.at(-1)?.[2]).toMatchObject({
    changes: ["pools.p.backends.b: added", "pools.p.backends.a: removed"].sort(),
  });
});

test.each([
  ["127.0.0.1", "0.0.0.0"],
  ["0.0.0.0", "127.0.0.7"],
  ["0.0.0.0", "::"],
])(
  "says who holds the port where a listener's own address is in its way: %s becomes %s",
  async (old, next) => {
    const made = controlled(text("a").replace("127.0.0.1:8080", `${old}:8080`));
    await made.control.start();
    made.plane.refusal = taken(next, 8080);
    await made.control.reload();
    expect(made.lines.at(-1)?.[2]).toMatchObject({
      reason: expect.stringContaining(`:8080 is held by the running listener web on ${old}:8080: `),
    });
  },
);

test("reloads that come at once are done one after the other, and the last one counts", async () => {
  const made = controlled(text("a"));
  const all: Promise<unknown>[] = [made.control.start()];
  for (const name of ["b", "c", "d"]) {
    made.next = text(name);
    all.push(made.control.reload());
  }
  await Promise.all(all);
  expect(made.backends().at(-1)).toEqual(["d"]);
  expect(made.plane.most).toBe(1);
});

test("gives the plane the verdicts of probes, and probes nobody in maintenance or where that is off", async () => {
  const made = controlled(`
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p }]
pools:
  p: { backends: [{ name: a, address: "127.0.0.1:1" }, { name: m, address: "127.0.0.1:2", state: maint }] }
  q: { ${OFF}, backends: [{ name: z, address: "127.0.0.1:3" }] }`);
  await made.control.start();
  await made.clock.run(10_000);
  expect(made.orders).toEqual([
    {
      kind: "verdict",
      pool: "p",
      entry: "a",
      endpoint: { kind: "tcp", host: "127.0.0.1", port: 1 },
      alive: false,
      reason: "1 probe failed: connect: refused",
    },
  ]);
  expect(new Set(made.dialled)).toEqual(new Set([1]));
});

test("nothing speaks against a backend that is probed no more after a reload", async () => {
  const made = controlled(text("a", ""));
  await made.control.start();
  await made.clock.run(0);
  made.next = text("a", OFF);
  await made.control.reload();
  expect(made.orders.at(-1)).toMatchObject({ entry: "a", alive: true, reason: "not probed any more" });
  made.dialled.length = 0;
  await made.clock.run(60_000);
  expect(made.dialled).toEqual([]);
});

test("warns at each reload of what is right as such and will not work out", async () => {
  const made = controlled(text("a"));
  await made.control.start();
  made.next = text("a").replace("pools: { p: {", "pools: { p: { localAddress: 192.0.2.77,");
  await made.control.reload();
  expect(made.messages("warn")).toEqual([expect.stringContaining("localAddress 192.0.2.77")]);
});

test("looks up the names of what was applied, and no more those of a configuration that was refused", async () => {
  const named = (name: string) => text("a").replace("127.0.0.1:1", `${name}:1`);
  const made = controlled(named("old.example"));
  await made.control.start();
  made.next = named("new.example");
  made.plane.refusal = new Error("no socket");
  await made.control.reload();
  made.lookups.length = 0;
  await made.clock.run(60_000);
  expect(new Set(made.lookups)).toEqual(new Set(["old.example"]));
  made.plane.refusal = undefined;
  await made.control.reload();
  made.lookups.length = 0;
  await made.clock.run(60_000);
  expect(new Set(made.lookups)).toEqual(new Set(["new.example"]));
});

test("starts and reloads without backends whose names nobody knows, and says once which", async () => {
  const made = controlled(twoBackends("late.example:2"));
  made.unknown.add("late.example");
  await made.control.start();
  expect(made.backends()).toEqual([["a"]]);
  const reason = "late.example is an unknown name";
  const left = { pool: "p", backend: "z", address: "late.example:2", reason };
  expect(made.lines).toContainEqual(["warn", "backend not resolved", left]);
  await made.control.reload();
  made.next = twoBackends("late.example:3");
  await made.control.reload();
  expect(made.messages("warn")).toEqual(["backend not resolved", "backend not resolved"]);
  expect(made.lines).toContainEqual(["warn", "backend not resolved", { ...left, address: "late.example:3" }]);
});

test("a backend whose name nobody knew joins once it is known, and stays when it is lost", async () => {
  const made = controlled(twoBackends("late.example:2"));
  made.unknown.add("late.example");
  await made.control.start();
  made.unknown.clear();
  await made.clock.run(1_000);
  expect(made.backends()).toEqual([["a"], ["a", "z"]]);
  const found = { name: "late.example", addresses: ["192.0.2.1"] };
  expect(made.lines.at(-1)).toEqual(["info", "names have other addresses, backends follow", found]);
  made.unknown.add("late.example");
  await made.clock.run(60_000);
  await made.control.reload();
  expect(made.backends().at(-1)).toEqual(["a", "z"]);
  expect(made.messages("warn")).toEqual(["backend not resolved", "name lost"]);
});

test("a listener whose name nobody knows is refused by its name, at the start and at a reload", async () => {
  const named = text("a").replace("127.0.0.1:8080", "front.example:8080");
  const refused = "the listener web cannot listen: front.example is an unknown name";
  const made = controlled(named);
  made.unknown.add("front.example");
  await expect(made.control.start()).rejects.toThrow(refused);
  const other = controlled(text("a"));
  other.unknown.add("front.example");
  await other.control.start();
  other.next = named;
  await other.control.reload();
  expect(other.lines.at(-1)?.[2]).toEqual({ reason: refused });
});

test("a listener whose name has another address says where it listens now, once", async () => {
  const made = controlled(text("a").replace("127.0.0.1:8080", "front.example:8080"));
  await made.control.start();
  made.addresses = ["192.0.2.7"];
  await made.clock.run(40_000);
  await made.control.reload();
  expect(made.messages()).toEqual([
    "listening",
    "names have other addresses, backends follow",
    "listening",
    "reloaded, nothing changed",
  ]);
  expect(made.lines[2]?.[2]).toEqual({ listener: "web", address: "192.0.2.7:8080" });
});

test("probes nothing and applies nothing once it is closed, also what was under way", async () => {
  const made = controlled(text("a", ""));
  await made.control.start();
  made.next = text("b");
  const reload = made.control.reload();
  await made.control.close(30_000);
  await reload;
  await made.control.reload();
  expect(made.plane.grace).toBe(30_000);
  expect(made.backends()).toEqual([["a"]]);
  expect(made.lines.at(-1)?.[2]).toEqual({ reason: "the balancer is stopping" });
  made.dialled.length = 0;
  await made.clock.run(60_000);
  expect(made.dialled).toEqual([]);
});

function text(backend: string, health = OFF): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p }]
pools: { p: { ${health && `${health}, `}backends: [{ name: ${backend}, address: "127.0.0.1:1" }] } }`;
}

function twoBackends(address: string): string {
  return text("a").replace("}] }", `}, { name: z, address: "${address}" }] }`);
}

/** What the system answers to whoever wants a port that another has. */
function taken(address: string, port: number): Error {
  return Object.assign(new Error("listen EADDRINUSE"), { code: "EADDRINUSE", address, port });
}
