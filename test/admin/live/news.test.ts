import { expect, test } from "vitest";
import { News } from "#lb/admin/live/news";
import type { Report } from "#lb/contract/report";
import type { ReportsListener } from "#lb/plane/plane";
import { ManualClock } from "../../support/manual-clock.ts";
import { adminFile, administered } from "../administered.ts";

test("what the plane reports is told in sentences, the latest 200", () => {
  let hear: ReportsListener = () => {};
  const subscribe = (listener: ReportsListener) => {
    hear = listener;
    return { [Symbol.dispose]() {} };
  };
  using news = new News({ clock: new ManualClock(), plane: { subscribe } });
  const down: Report = {
    kind: "backend",
    pool: "p",
    backend: "a",
    state: "down",
    was: "up",
    reason: "1 probe failed",
    lastedMs: 2_000,
  };
  hear([down, { kind: "no-backend", pool: "p", sessions: 1 }]);
  expect(news.all).toMatchObject([
    { tone: "bad", subject: "p/a", text: "down: 1 probe failed; up for 2.0s before" },
    { tone: "bad", subject: "p", text: "no usable backend for 1 session" },
  ]);
  hear(new Array(300).fill(down));
  expect(news.all.length).toBe(200);
});

test("what an operator did is told, with what it was before; what was refused is not", async () => {
  await using api = await administered(adminFile());
  const reader = await api.dial();
  reader.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await reader.bytes(500);
  await api.ask("PATCH", "/api/v1/pools/p/backends/a", { body: { weight: 3 } });
  await api.ask("PATCH", "/api/v1/pools/p/backends/none", { body: { weight: 3 } });
  await expect
    .poll(() => reader.text, { timeout: 5_000 })
    .toMatch(/"subject":"operator","text":"PATCH pools.p.backends.a: weight 1 \S+ 3"/);
  expect(reader.text).not.toContain("backends/none");
  reader.reset();
});
