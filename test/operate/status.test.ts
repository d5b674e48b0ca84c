import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { BackendStatus, Health } from "#lb/operate/documents";
import { statusText } from "#lb/operate/status";
import { eventually } from "../support/eventually.ts";
import { backend, down, wanted } from "./documents.ts";
import { operated } from "./operated.ts";
import { onTerminal } from "./terminal.ts";

const NOW_MS = Date.parse("2026-01-01T01:00:00.000Z");
const PAPER = { width: 80, colours: false };
const OK: Health = { status: "ok", reasons: [] };

function text(
  backends: readonly BackendStatus[],
  { health = OK, ...paper }: Partial<typeof PAPER & { health: Health }> = {},
) {
  const pool = { name: "ping", algorithm: "p2c", queued: 0, active: 1, backends: [...backends] };
  return statusText({ health, status: { listeners: [], pools: [pool] } }, { ...PAPER, ...paper }, NOW_MS);
}

describe("the status", () => {
  test("says in its first line whether all is well, and if not what", () => {
    const first = (...given: Parameters<typeof text>) => text(...given).split("\n")[0];
    expect(first([backend("a"), backend("b")])).toBe("all is well");
    expect(first([backend("a"), backend("b", down("refused")), backend("c", wanted("drain"))])).toBe(
      "it serves; 2 of 3 backends not up: ping/b, ping/c",
    );
    const reasons = Array.from({ length: 7 }, (_, at) => `reason ${at}`);
    expect(first([backend("a")], { health: { status: "degraded", reasons } })).toBe(
      "degraded: reason 0; reason 1; reason 2; reason 3; reason 4; and 2 more",
    );
  });

  test("is a table whose columns stand in line, and below a backend that is not well, why", () => {
    const reason =
      "3 probes in a row failed: nothing listens on 127.0.0.1:9002, which is said at some length";
    expect(
      text([
        backend("a", { active: 12, share: 1 }),
        backend("web-2", down(reason)),
        backend("c", wanted("maint")),
      ]),
    ).toBe(
      [
        "it serves; 2 of 3 backends not up: ping/web-2, ping/c",
        "",
        "ping: p2c, 1 session",
        "  backend  state  active  share  fair  weight  since",
        "  a        up         12   100%   50%       1  1h 0m",
        "  web-2    down        0     0%   50%       1  1h 0m",
        "      3 probes in a row failed: nothing listens on 127.0.0.1:9002, which is said",
        "      at some length",
        "  c        maint       0     0%   50%       1  1h 0m",
      ].join("\n"),
    );
  });

  test("fits the terminal, however long names and reasons are, and a wider one shows more of them", () => {
    const long = `unix:/${"deep/".repeat(20)}1.sock`;
    const other = `unix:/${"deep/".repeat(20)}2.sock`;
    const drawn = (width: number) => text([backend(long, down("x".repeat(300))), backend(other)], { width });
    for (const width of [60, 80, 132, 400])
      for (const line of drawn(width).split("\n").slice(2)) expect(line.length).toBeLessThanOrEqual(width);
    expect(drawn(80)).toMatch(/^ {2}unix:.*….*1\.sock +down/m);
    expect(drawn(80)).toMatch(/^ {2}unix:.*….*2\.sock +up/m);
    expect(drawn(400)).toContain(long);
  });

  test("lets no text from outside reach the terminal as anything but text", () => {
    const evil = "\u001b[2J\u009b31m\n\u202e";
    const unresolved = backend(`n${evil}`, { operational: null, unresolved: `no answer ${evil}` });
    const drawn = text([backend(`b${evil}`, down(`said ${evil}`)), unresolved], {
      health: { status: "degraded", reasons: [evil] },
      width: 120,
    });
    for (const each of ["\u001b", "\u009b", "\u202e"]) expect(drawn).not.toContain(each);
    expect(drawn).toContain("b\\u001b[2J\\u009b31m\\u000a\\u202e");
    expect(drawn.split("\n")).toHaveLength(8);
  });

  test("has a row for a name without an address, and a word for a pool without a backend", () => {
    expect(text([backend("n", { operational: null, unresolved: "there is no such name" })])).toMatch(
      /^ {2}n +no address .*\n {6}there is no such name$/m,
    );
    expect(text([])).toMatch(/^ping: p2c, 1 session\n {2}no backends$/m);
  });

  test("has words beside its colours", () => {
    const given = [backend("a"), backend("b", down("refused"))];
    const plain = text(given);
    const coloured = text(given, { colours: true });
    expect(coloured).toContain("\u001b[33m");
    expect(stripVTControlCharacters(coloured)).toBe(plain);
  });
});

describe("lb status", () => {
  test("is without colours on a pipe; --json is the API's document", async () => {
    await using made = await operated();
    const { code, stdout, stderr } = await made.lbDoes("status");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^all is well\n\nping: round-robin, 0 sessions\n {2}backend/);
    expect(stdout).toMatch(/^ {2}b\/c +up +0 +0% +50% +1 +\S+$/m);
    const json = JSON.parse((await made.lbDoes("status", "--json")).stdout);
    const { body } = (await made.lb.ask("GET", "/api/v1/status")) as { body: { pools: object } };
    expect(Object.keys(json)).toEqual(Object.keys(body));
    expect(json.pools[0].backends[0].configured).toMatchObject({ name: "a", weight: 1 });
    expect(json.pools[0].backends.map(({ name }: { name: string }) => name)).toEqual(["a", "b/c"]);
  });

  test("says what is not well, and of a backend that is down why", async () => {
    await using made = await operated();
    await made.lb.ask("POST", "/api/v1/pools/ping/backends", { name: "dead", address: "127.0.0.1:1" });
    for (const name of ["a", "b/c"]) expect((await made.lbDoes("drain", `ping/${name}`)).code).toBe(0);
    await eventually(async () =>
      expect((await made.lbDoes("status")).stdout).toMatch(/^ {2}dead +down .*\n {6}\S+/m),
    );
    const { code, stdout } = await made.lbDoes("status");
    expect([code, stdout.split("\n")[0]]).toEqual([0, "degraded: the pool ping has no usable backend"]);
    expect(stdout).toMatch(/^ {2}a +drain /m);
  });

  test("says of a balancer that stops that it does, with what it still has", async () => {
    await using made = await operated();
    const peer = await made.session();
    made.lb.balancer.signal("SIGTERM");
    await made.lb.balancer.line(/"msg":"stopping"/);
    const { code, stdout } = await made.lbDoes("status");
    expect([code, stdout.split("\n").slice(0, 3)]).toEqual([
      0,
      ["degraded: the balancer is stopping", "", "ping: round-robin, 1 session"],
    ]);
    peer.finish();
  });

  test.skipIf(onTerminal === undefined)("is in colours on a terminal, but for NO_COLOR", async () => {
    await using made = await operated();
    await using terminal = onTerminal?.("status", "--admin", made.at);
    expect(await terminal?.ended()).toContain("\u001b[32mall is well\u001b[39m");
  });
});
