import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { columnsOf } from "#lb/operate/columns";
import { frameOf, type Known, tableText } from "#lb/operate/top/frame";
import { firstView, type View } from "#lb/operate/top/view";
import { backend, down, wanted } from "../documents.ts";
import { listener, pool, sample } from "./samples.ts";

const SMALL = { columns: 80, rows: 24 };
const WHERE = "127.0.0.1:8081";

function known(more: Partial<Known> = {}): Known {
  return { where: WHERE, sample: sample([]), before: undefined, nowMs: 1_000, lost: undefined, ...more };
}

const page = (of: Partial<Known>, view: Partial<View> = {}, size = SMALL) =>
  frameOf(known(of), { ...firstView, ...view }, size, false);

const probe = { at: "2026-01-01T00:59:58.000Z", ms: 0.42, failure: null };
const backends = [
  backend("a", { active: 3, share: 0.6, fairShare: 0.5, connected: 30, probe }),
  backend("b", { active: 2, share: 0.4, fairShare: 0.5, connected: 10, failed: 2 }),
  backend("c", { ...wanted("drain"), fairShare: 0 }),
];
const now = sample([pool(backends, { active: 5 })], {
  listeners: [listener({ active: 5, sessions: 40, endings: { done: 33, "no-backend": 2 } })],
  connect: new Map([["ping", { p50Ms: 0.4, p99Ms: 12.3 }]]),
});
const before = sample([pool([backend("a", { connected: 10 }), backend("b", { failed: 1 }), backend("c")])], {
  atMs: 0,
  listeners: [listener({ sessions: 10 })],
});

describe("a page", () => {
  test("has at 80 columns what there is to see", () => {
    expect(page({ sample: now, before })).toEqual([
      "lb top  127.0.0.1:8081  sorted by order                             01:00:00 UTC",
      "it serves; 1 of 3 backends not up: ping/c",
      "web (127.0.0.1:8080): 5 sessions, 30.0/s, 2 failed (2.0/s)",
      " BACKEND         STATE      BY    ACTIVE SHARE:FAIR   SHARE  FAIR PER SEC FAILED",
      "ping: p2c, 5 sessions, 30.0/s, connect p50 0.40 p99 12 ms",
      ">a               up         probe      3 [====:=    ]   60%   50%    20.0      0",
      " b               up         probe      2 [====:     ]   40%   50%    10.0      2",
      " c               drain      api        0 [          ]    0%    0%     0.0      0",
      ...Array(12).fill(""),
      "ping/a, 127.0.0.1:9001: 30 connected, 0 failed; configured ready, weight 1",
      "  wanted ready (file) for 1h 0m, weight 1 (file); probed 2.0s ago: 0.42 ms",
      "  found up (probe) for 1h 0m: it answers",
      " h help  q quit  up/down select  d drain  r ready  sort: o n a s c f  i invert",
    ]);
  });

  test("has at 120 columns since when, the last probe, and longer names", () => {
    const lines = page({ sample: now, before }, {}, { columns: 120, rows: 40 });
    expect(lines).toHaveLength(40);
    expect(lines[5]).toMatch(/^>a {30,}up +probe +1h 0m +3 \[.+\] +60% +50% +20\.0 +0 +0\.4 ms, 2\.0s$/);
  });

  test("says what is wrong, and that an answer is missing, from when on what stands there is, and why", () => {
    const health = { status: "degraded" as const, reasons: ["the pool ping has no usable backend"] };
    expect(page({ sample: { ...now, health } })[1]).toBe("degraded: the pool ping has no usable backend");
    expect(page({ sample: now, nowMs: 3_400 })[1]).toMatch(/^it serves/);
    expect(page({ sample: now, nowMs: 4_000 })[1]).toBe("no answer for 3.0s, this is as of 01:00:00 UTC");
    expect(page({ sample: now, nowMs: 2_000, lost: "nothing listens" })[1]).toBe(
      "no answer for 1.0s, this is as of 01:00:00 UTC: nothing listens",
    );
  });

  test("asks, tells and helps in its last lines", () => {
    const place = { pool: "ping", backend: "b" };
    expect(page({ sample: now }, { asked: { state: "drain", place } }).at(-1)).toBe(
      "ping/b: drain, it gets no new sessions? y: yes, any other key: no",
    );
    expect(page({ sample: now }, { message: "ping/b drains" }).at(-1)).toBe("ping/b drains");
    expect(page({ sample: now }, { help: true }).join("\n")).toMatch(/q, Ctrl-C +quit[\s\S]*any key: back/);
  });

  test("has always the selected backend in sight, and its heading and details in their place", () => {
    const many = Array.from({ length: 1_000 }, (_, at) => backend(`b${at}`));
    for (const at of [0, 1, 13, 500, 998, 999]) {
      const lines = page({ sample: sample([pool(many)]) }, { selected: { pool: "ping", backend: `b${at}` } });
      expect(lines).toHaveLength(24);
      expect(lines.filter((line) => line.startsWith(">"))).toEqual([
        expect.stringMatching(new RegExp(`^>b${at} `)),
      ]);
      expect(lines.at(-4)).toMatch(new RegExp(`^ping/b${at},`));
    }
  });

  test("tells of three listeners, and of the others together", () => {
    const listeners = ["1", "2", "3", "4", "5"].map((name) => listener({ name, active: 2, sessions: 9 }));
    const now = sample([], { listeners });
    expect(page({ sample: now, before: { ...now, atMs: 0 } })[5]).toBe("and 2 more: 4 sessions, 0.0/s");
    expect(page({ sample: now })[5]).toBe("and 2 more: 4 sessions, -/s");
  });

  test("has words beside its colours", () => {
    const drawn = frameOf(known({ sample: now, before }), firstView, SMALL, true);
    expect(drawn.join("")).toContain("\u001b[33m");
    expect(drawn.map(stripVTControlCharacters)).toEqual(page({ sample: now, before }));
  });
});

describe("the bar", () => {
  const bar = (share: number, fairShare: number, others: readonly number[] = []) => {
    const all = [backend("a", { share, fairShare }), ...others.map((each) => backend("x", { share: each }))];
    return /\[.*?\]/.exec(page({ sample: sample([pool(all)]) })[5] as string)?.[0];
  };
  test.each([
    [0.25, 0.25, "[====:     ]"],
    [0, 0.25, "[    :     ]"],
    [0.5, 0.25, "[====:=====]"],
    [1, 0.25, "[==:=======]"],
    [1, 1, "[=========:]"],
    [0.5, 0, "[==========]"],
  ])("of the share %d where %d is fair is %s", (share, fairShare, drawn) => {
    expect(bar(share, fairShare)).toBe(drawn);
  });
});

describe("whatever names, reasons and sizes are", () => {
  const evil = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.constantFrom(
      "\u001b[2J\u009b31m\r\n\t\u202e\u061c",
      "日本語のサーバー",
      "e\u0301".repeat(40),
      "👩\u200d👧🇩🇪한글\u1112\u1161",
    ),
  );
  const count = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e300, noNaN: true }));
  const anyBackend = fc
    .record({
      name: evil,
      reason: evil,
      active: count,
      failed: count,
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      isUp: fc.boolean(),
    })
    .map(({ name, reason, isUp, ...more }) => backend(name, { ...more, ...(isUp ? {} : down(reason)) }));
  const anySample = fc
    .record({
      pools: fc.array(fc.tuple(evil, fc.array(anyBackend, { maxLength: 5 })), { maxLength: 4 }),
      name: evil,
      reasons: fc.array(evil, { maxLength: 3 }),
    })
    .map(({ pools, name, reasons }) =>
      sample(
        pools.map(([own, all]) => pool(all, { name: own })),
        { listeners: [listener({ name })], health: { status: "degraded", reasons } },
      ),
    );
  const anySize = fc.record({
    columns: fc.integer({ min: 1, max: 300 }),
    rows: fc.integer({ min: 1, max: 100 }),
  });
  const UNSEEN = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

  test("no line is wider than the terminal, there are as many as it has, and none moves its cursor", () => {
    fc.assert(
      fc.property(anySample, anySample, anySize, fc.boolean(), (one, other, size, colours) => {
        const of = known({ sample: { ...one, atMs: 2_000 }, before: other });
        const lines = frameOf(of, firstView, size, colours).map(stripVTControlCharacters);
        expect(lines).toHaveLength(size.rows);
        for (const line of lines) {
          expect(columnsOf(line)).toBeLessThanOrEqual(size.columns);
          expect(line).not.toMatch(UNSEEN);
        }
        expect(tableText(of)).not.toMatch(/[^\P{Cc}\n]/u);
      }),
      { numRuns: 300 },
    );
  });
});

test("printed, all backends are there, with every column", () => {
  const lines = tableText(known({ sample: now, before })).split("\n");
  expect(lines).toHaveLength(7);
  expect(lines[0]).toBe("it serves; 1 of 3 backends not up: ping/c");
  expect(lines[2]).toMatch(/^ BACKEND +STATE +BY +SINCE +ACTIVE .* PROBE$/);
  expect(lines[4]).toMatch(/^ a +up +probe +1h 0m +3 /);
});

test("printed, names are whole, however long they are", () => {
  const name = `${"long-".repeat(24)}name`;
  const of = known({ sample: sample([pool([backend(name), backend("b")])]) });
  const [, , head, , ...lines] = tableText(of).split("\n");
  expect(lines[0]).toMatch(new RegExp(`^ ${name} up `));
  expect(lines[1]?.indexOf("up ")).toBe(head?.indexOf("STATE"));
});

test("counts above a million are told in millions, not cut", () => {
  const many = backend("a", { active: 1_234_567, failed: 98_765_432 });
  const [line] = page({ sample: sample([pool([many])]) }).slice(5);
  expect(line).toMatch(/ 1\.23M \[.* 98\.8M$/);
});
