import { expect, test } from "vitest";
import { News } from "#lb/admin/live/news";
import type { Report } from "#lb/contract/report";
import type { ReportsListener } from "#lb/plane/plane";
import { ManualClock } from "../../support/manual-clock.ts";
import { adminFile, administered } from "../administered.ts";

const down: Report = {
  kind: "backend",
  pool: "p",
  backend: "a",
  state: "down",
  was: "up",
  reason: "1 probe failed",
  lastedMs: 2_000,
};

/** News of a plane that reports what it is told to, at a time that is turned by hand. */
function followed() {
  let hear: ReportsListener = () => {};
  const subscribe = (listener: ReportsListener) => {
    hear = listener;
    return { [Symbol.dispose]() {} };
  };
  const clock = new ManualClock();
  const news = new News({ clock, plane: { subscribe } });
  return { clock, news, hear: (batch: readonly Report[]) => hear(batch) };
}

test("what the plane reports is told in sentences, the latest 200", () => {
  const { news, hear } = followed();
  using _followed = news;
  hear([down, { kind: "no-backend", pool: "p", sessions: 1 }]);
  expect(news.all).toMatchObject([
    { tone: "bad", subject: "p/a", text: "down: 1 probe failed; up for 2.0s before" },
    { tone: "bad", subject: "p", text: "no usable backend for 1 session" },
  ]);
  hear(new Array(300).fill(down));
  expect(news.all.length).toBe(200);
});

test("an alarm that goes on does not push out what led to it: it is told at once, then once a minute with how many", () => {
  const { clock, news, hear } = followed();
  using _followed = news;
  hear([down]);
  for (let second = 0; second < 300; second += 1) {
    hear([
      { kind: "no-backend", pool: "p", sessions: 2 },
      { kind: "unanswered", pool: "p", sessions: 1 },
    ]);
    clock.advance(1_000);
  }
  const texts = news.all.map(({ text }) => text);
  expect(texts[0]).toContain("1 probe failed");
  expect(texts.filter((text) => text.startsWith("no usable"))).toEqual([
    "no usable backend for 2 sessions",
    "no usable backend for 118 sessions",
    ...Array(4).fill("no usable backend for 120 sessions"),
  ]);
  expect(texts.filter((text) => text.startsWith("no backend answered"))).toHaveLength(6);
  clock.advance(60_000);
  hear([{ kind: "no-backend", pool: "p", sessions: 1 }]);
  expect(news.all.at(-1)?.text).toBe("no usable backend for 1 session");
});

test("what an operator did is told, with what it was before; what was refused is not", async () => {
  await using api = await administered(adminFile());
  const reader = await api.dial();
  reader.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await reader.bytes(500);
  await api.ask("PATCH", "/api/v1/pools/p/backends/a", { body: { weight: 3 } });
  await api.ask("PATCH", "/api/v1/pools/p/backends/none", { body: { weight: 3 } });
  await expect
    .poll(() => reader.text, { timeout: 50_000 })
    .toMatch(/"subject":"operator","text":"PATCH pools.p.backends.a: weight 1 \S+ 3"/);
  expect(reader.text).not.toContain("backends/none");
  reader.reset();
});
