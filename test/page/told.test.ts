import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend, Message } from "#lb/admin/page/wire";
import { Deferred } from "#lb/core/deferred";
import { eventually } from "../support/eventually.ts";
import { needing } from "../support/program.ts";
import { browserPath, startBrowser, Watched } from "./browser.ts";
import { backendTold, begin, eventOf, messageTold, momentTold, Scripted } from "./scripted.ts";

const [a, b] = [backendTold("a"), backendTold("b")];
/** How long the page waits for the next part of what it is told. */
const SILENT_MS = 5_000;
const BEGAN_MS = Date.parse("2026-01-01T00:00:00.000Z");
const LIVE = '#link[data-link="live"]';

/** A backend that was found down. */
function down(name: string): Backend {
  const since = new Date().toISOString();
  return backendTold(name, { operational: { value: "down", source: "probe", since, reason: "refused" } });
}

/** A backend with a word about its weight. */
function weighing(name: string, value: number): Backend {
  const { administrative, ...more } = backendTold(name);
  const weight = { ...administrative.weight, source: "api" as const, value };
  return { ...more, administrative: { ...administrative, weight } };
}

/** A message of a balancer whose only pool has something else. */
function poolTold(backends: readonly Backend[], more: object): Message {
  const message = messageTold(backends);
  return { ...message, pools: message.pools.map((pool) => ({ ...pool, ...more })) };
}

/** What is told at so many seconds, of sixty sessions a second that a and b share. */
function served(second: number, more: Partial<Message> = {}): Message {
  const backends = [a, b].map((each) => ({ ...each, connected: 300 + second * 30 }));
  const at = new Date(BEGAN_MS + second * 1_000).toISOString();
  const told = messageTold(backends, { at, ...more });
  return { ...told, listeners: told.listeners.map((each) => ({ ...each, sessions: 600 + second * 60 })) };
}

describe.skipIf(browserPath === undefined)(needing("the live page", { chromium: browserPath }), () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  /** The page of a balancer that says what a test wants, once it has heard it. */
  async function seen(first: Message) {
    const scripted = await Scripted.start(first);
    const watched = await Watched.open(browser, scripted.origin);
    await watched.page.locator(LIVE).waitFor();
    await watched.page.locator("#rows tr").first().waitFor();
    const close = async () => {
      await watched[Symbol.asyncDispose]();
      await scripted[Symbol.asyncDispose]();
    };
    return { scripted, watched, page: watched.page, [Symbol.asyncDispose]: close };
  }

  test("has one line for each problem, however often it is told and however alike the names are", async () => {
    const backends = [down("node-1"), down("node-2")];
    await using world = await seen(messageTold(backends));
    const problems = world.page.locator("#problems li");
    for (let time = 1; time <= 5; time++) {
      world.scripted.tell(messageTold([{ ...(backends[0] as Backend), active: time }]));
      await eventually(async () =>
        expect(await world.watched.text(`${world.watched.row("node-1")} .of-number .number`)).toBe(`${time}`),
      );
    }
    expect(await problems.count()).toBe(2);
  });

  test("says that clients are not served where that is so, and not where something else is wrong", async () => {
    const health = { status: "degraded", reasons: ["the store is down: the log says why"] } as const;
    await using world = await seen(messageTold([a, b], { health }));
    const { watched, scripted } = world;
    expect(await watched.text("#problems")).toContain("the store is down");
    expect(await watched.text("#verdict-words")).toBe("One thing to look at");
    scripted.tell({
      ...poolTold([], { usable: 0 }),
      health: { ...health, reasons: ["the pool ping has no usable backend"] },
    });
    await eventually(async () => expect(await watched.text("#verdict-words")).toBe("Clients are not served"));
  });

  test("counts failures of the last minute alone, also where the minute before it is missing", async () => {
    const failed = (secondsAgo: number) =>
      momentTold(Date.now() - secondsAgo * 1_000, { endings: { "no-backend": 5 } });
    await using world = await seen(messageTold([a], { moments: [failed(240)] }));
    expect(await world.watched.text("#verdict-words")).toBe("All is well");
    world.scripted.tell(messageTold([], { moments: [failed(1)] }));
    await eventually(async () =>
      expect(await world.watched.text("#problems")).toContain("5 sessions failed in the last minute"),
    );
  });

  test("keeps the focus in a row while the rows above it go", async () => {
    await using world = await seen(messageTold([a, b]));
    const button = world.page.getByRole("button", { name: "Drain b", exact: true });
    await button.focus();
    world.scripted.tell(poolTold([], { gone: ["a"] }));
    await eventually(async () => expect(await world.page.locator("#rows tr").count()).toBe(1));
    expect(await button.evaluate((node) => node === node.ownerDocument.activeElement)).toBe(true);
  });

  test("counts each press on a weight, also before the balancer has told of the one before", async () => {
    await using world = await seen(messageTold([a, b]));
    const { scripted, watched, page } = world;
    scripted.answer = () => ({ body: {} });
    const more = page.getByRole("button", { name: "More weight for a", exact: true });
    for (let time = 0; time < 3; time++) await more.click();
    const asked = () => scripted.asked.filter(({ method }) => method === "PATCH").map(({ body }) => body);
    await eventually(async () => expect(asked()).toEqual([{ weight: 2 }, { weight: 3 }, { weight: 4 }]));
    expect(await watched.number(`${watched.row("a")} .weight .number`)).toBe(4);
    scripted.tell(messageTold([weighing("a", 4)]));
    scripted.tell(messageTold([weighing("a", 2)]));
    await eventually(async () => expect(await watched.number(`${watched.row("a")} .weight .number`)).toBe(2));
  });

  test("asks before the last backend that can serve is taken out, and one without weight cannot", async () => {
    await using world = await seen(messageTold([a, weighing("b", 0)]));
    await world.page.getByRole("button", { name: "Maint a", exact: true }).click();
    await world.page.locator("#question[open]").getByRole("button", { name: "No" }).click();
    await world.page.getByRole("button", { name: "Maint b", exact: true }).click();
    await eventually(async () =>
      expect(world.scripted.asked.filter(({ method }) => method === "PATCH")).toEqual([
        { method: "PATCH", path: "/api/v1/pools/ping/backends/b", body: { state: "maint" } },
      ]),
    );
  });

  test("lets the algorithm be chosen by the keyboard alone, and shows what the balancer makes of it", async () => {
    await using world = await seen(messageTold([a]));
    const { scripted, page } = world;
    scripted.answer = ({ method }) =>
      method === "PATCH"
        ? { status: 409, body: { error: { message: "not now" } } }
        : { body: { decisions: [] } };
    const menu = page.locator("#algorithm");
    await menu.focus();
    await page.keyboard.press("ArrowDown");
    await page.getByText("not now").waitFor();
    expect(await menu.inputValue()).toBe("round-robin");
    expect(await menu.evaluate((node) => node === node.ownerDocument.activeElement)).toBe(true);
    scripted.tell(
      poolTold([], { algorithm: "p2c", administrative: { algorithm: { value: "p2c", source: "api" } } }),
    );
    await eventually(async () => expect(await menu.inputValue()).toBe("p2c"));
  });

  test("says why the balancer has no room for one more reader", async () => {
    await using scripted = await Scripted.start();
    const error = { code: "too-many", message: "expected at most 32 readers of events at once" };
    scripted.joining = (reader) => {
      reader.writeHead(429, { "content-type": "application/json" }).end(JSON.stringify({ error }));
    };
    await using watched = await Watched.open(browser, scripted.origin);
    await eventually(async () => expect(await watched.text("#link-words")).toContain("at most 32 readers"));
  });

  test("takes no token that cannot be one", async () => {
    await using scripted = await Scripted.start();
    scripted.joining = (reader) => {
      reader.writeHead(401).end();
    };
    await using watched = await Watched.open(browser, scripted.origin);
    const { page } = watched;
    await page.locator("#token[open] #token-text").fill("0123456789…");
    await page.getByRole("button", { name: "Use it" }).click();
    await page.locator("#token[open] #token-text:invalid").waitFor();
    expect(await watched.text("#link-words")).toBe("a token is wanted");
  });

  test("waits for a first message that comes slowly, whatever it is cut into", async () => {
    await using scripted = await Scripted.start();
    const { promise: joined, resolve } = new Deferred<ServerResponse>();
    let readers = 0;
    scripted.joining = (reader) => {
      begin(reader);
      readers++;
      resolve(reader);
    };
    await using watched = await Watched.open(browser, scripted.origin);
    const reader = await joined;
    const news = [{ at: new Date().toISOString(), tone: "plain", subject: "é", text: "…" }] as const;
    const bytes = Buffer.from(eventOf(messageTold([a], { news })));
    const inside = bytes.indexOf("é") + 1;
    const cuts = [0, inside, inside + 1, bytes.length - 1, bytes.length];
    for (const [index, from] of cuts.slice(0, -1).entries()) {
      // It takes longer than silence may last.
      await delay(SILENT_MS / 3);
      reader.write(bytes.subarray(from, cuts[index + 1]));
    }
    await eventually(async () => expect(await watched.text("#log")).toContain("é…"));
    expect(readers).toBe(1);
  });

  test("asks a laboratory until it answers, and shows what others did to it", async () => {
    await using scripted = await Scripted.start(messageTold([a], { laboratory: true }));
    const lab = (state: string) => ({
      servers: [{ name: "a", state }],
      load: { sessionsPerSec: 60, factor: 1 },
    });
    let answer: object | undefined;
    scripted.answer = ({ path }) => {
      if (!path.endsWith("/lab")) return { body: { decisions: [] } };
      return answer === undefined
        ? { status: 503, body: { error: { message: "not yet" } } }
        : { body: answer };
    };
    await using watched = await Watched.open(browser, scripted.origin);
    await watched.page.getByText("not yet").waitFor();
    const shown = async (text: string) => {
      await eventually(async () => {
        scripted.tell(messageTold([a]));
        expect(await watched.text("#lab")).toContain(text);
      });
    };
    answer = lab("well");
    await shown("well");
    answer = lab("down");
    await shown("down");
  });

  /** What the page says of new sessions, each in the place that it has. */
  const newSessionsOn = async ({ page }: Watched) => ({
    all: await page.locator("#rate").textContent(),
    clients: await page.locator("#flow .clients .numbers").textContent(),
    shares: await page.locator("#flow .end .share").allTextContents(),
    titles: await page.locator("#flow .end title").allTextContents(),
    rows: await page.locator('#rows [data-label="New/s"]').allTextContents(),
    words: await page.locator("#flow-words").textContent(),
  });
  const wordsOf = (...shares: readonly string[]) =>
    `The width of an arrow is its share of new sessions: ${shares.join(", ")}. The fuller a box, the more sessions are open there.`;
  /** Before there are two messages. */
  const unknown = {
    shares: ["–", "–"],
    titles: ["a: up, 0 open, –", "b: up, 0 open, –"],
    rows: ["–", "–"],
    words: wordsOf("a –", "b –"),
  };
  const known = {
    all: "63",
    clients: "60/s",
    shares: ["50\u2009%", "50\u2009%"],
    titles: ["a: up, 0 open, 30/s", "b: up, 0 open, 30/s"],
    rows: ["30", "30"],
    words: wordsOf("a 50\u2009%", "b 50\u2009%"),
  };
  const moments = [momentTold(BEGAN_MS, { perSec: 63, endings: { done: 9 } })];

  test("tells no rate that it does not know: before a second message, and again after a lost connection", async () => {
    await using world = await seen(served(0, { moments }));
    const { scripted, watched } = world;
    const first = { ...unknown, all: "63", clients: "63/s" };
    await eventually(async () => expect(await newSessionsOn(watched)).toEqual(first));
    scripted.tell(served(1));
    await eventually(async () => expect(await newSessionsOn(watched)).toEqual(known));
    scripted.drop();
    await eventually(async () => expect(await newSessionsOn(watched)).toEqual(first));
    expect(await watched.text("#verdict-words")).toBe("All is well");
    scripted.tell(served(1));
    await eventually(async () => expect(await newSessionsOn(watched)).toEqual(known));
  });

  test("says of a balancer that has just begun nothing of what was before", async () => {
    await using world = await seen(served(0));
    const { watched } = world;
    await eventually(async () =>
      expect(await newSessionsOn(watched)).toEqual({ ...unknown, all: "–", clients: "–" }),
    );
    for (const list of ["#failures", "#others"]) expect(await watched.text(`${list} .word`)).toBe("–");
    expect(await watched.text("#failed")).toBe("–");
    expect(await world.page.locator("#problems li").allTextContents()).toEqual(["2 backends up"]);
  });

  test("says nothing of choices before it has been told of them", async () => {
    await using scripted = await Scripted.start(served(0));
    const { promise, resolve } = new Deferred<{ readonly body: object }>();
    scripted.answer = () => promise;
    await using watched = await Watched.open(browser, scripted.origin);
    await eventually(() => expect(scripted.asked.length).toBe(1));
    expect(await watched.page.locator("#decisions li:visible").allTextContents()).toEqual(["–"]);
    resolve({ body: { decisions: [] } });
    await watched.page.getByText("no choice is recorded yet").waitFor();
  });

  test("does not say that all is well while it is told nothing any more", async () => {
    await using world = await seen(served(0, { moments }));
    const { scripted, watched } = world;
    expect(await watched.text("#verdict-words")).toBe("All is well");
    scripted.joining = (reader) => {
      reader.writeHead(401).end();
    };
    scripted.drop();
    await world.page.locator('#link[data-link="refused"]').waitFor();
    expect(await watched.text("#verdict-words")).toBe("Waiting for the balancer");
    expect(await watched.text("#problems")).toBe("what stands here is as it was at 00:00:00 UTC");
  });

  test.each([
    [1440, 1000],
    [390, 844],
  ])(
    "has places for a laboratory before that answers, and nothing moves, on %i×%i",
    async (width, height) => {
      await using scripted = await Scripted.start(served(0, { moments, laboratory: true }));
      const { promise, resolve } = new Deferred<{ readonly body: object }>();
      scripted.answer = ({ path }) => (path.endsWith("/lab") ? promise : { body: { decisions: [] } });
      await using watched = await Watched.open(browser, scripted.origin, {
        viewport: { width, height },
      });
      const { page } = watched;
      const servers = page.locator("#lab .lab-servers .lab-server .source");
      const load = page.locator("#lab .number");
      await eventually(async () => expect(await servers.allTextContents()).toEqual(["–", "–"]));
      expect(await load.textContent()).toBe("–");
      expect(await page.locator("#lab button:enabled").count()).toBe(0);
      const state = {
        servers: [
          { name: "a", state: "well" },
          { name: "b", state: "slow" },
        ],
      };
      resolve({ body: { ...state, load: { sessionsPerSec: 240, factor: 2 } } });
      await eventually(async () => expect(await servers.allTextContents()).toEqual(["well", "slow"]));
      expect(await load.textContent()).toBe("240/s");
      expect(await page.locator("#lab button:disabled").count()).toBe(0);
      await page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
      expect(await watched.moves()).toEqual([]);
    },
  );

  test("draws of many backends the rows that are seen, and moves nothing by itself", async () => {
    const many = Array.from({ length: 120 }, (_, index) => backendTold(`n${index}`));
    await using world = await seen(messageTold(many));
    const drawn = (name: string) =>
      world.page
        .locator(`${world.watched.row(name)} b`)
        .first()
        .evaluate((node) => node.checkVisibility({ contentVisibilityAuto: true }));
    await world.page.locator("#backends").scrollIntoViewIfNeeded();
    await eventually(async () => expect(await drawn("n0")).toBe(true));
    expect(await drawn("n99")).toBe(false);
    world.scripted.tell(
      messageTold(many.map((each, index) => ({ ...each, active: index, connected: index }))),
    );
    await eventually(async () =>
      expect(await world.watched.text(`${world.watched.row("n7")} .of-number .number`)).toBe("7"),
    );
    expect(await world.page.evaluate("document.getAnimations().length")).toBe(0);
  });
});
