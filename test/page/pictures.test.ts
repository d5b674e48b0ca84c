import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, describe, test } from "vitest";
import { dialPeer, type Peer } from "../support/peer.ts";
import { browserPath, startBrowser, Watched } from "./browser.ts";
import { Load } from "./load.ts";
import { type Served, type ServedOptions, served } from "./served.ts";

/** The folder for the pictures; without it none are taken. */
const { LB_PICTURES } = process.env;
/** So that charts and arrows have something to show. */
const LOADED_MS = 60_000;

/** A picture: of which balancer, as seen by which browser, and what is done before. */
interface Picture {
  readonly name: string;
  readonly of?: ServedOptions;
  readonly seen?: BrowserContextOptions;
  readonly before?: (balancer: Served, watched: Watched) => Promise<void>;
}

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
const hundred = Array.from({ length: 100 }, (_, index) => `node-${String(index + 1).padStart(3, "0")}`);
const CLIENTS = "clients: { list: [{ id: reports, addresses: [127.0.0.9], capacity: 20, ratePerSec: 5 }] }";

const pictures: readonly Picture[] = [
  { name: "live-page", of: { algorithm: "round-robin", more: CLIENTS } },
  { name: "live-page-dark", of: { algorithm: "least-connections" }, seen: { colorScheme: "dark" } },
  { name: "live-page-phone", seen: PHONE },
  { name: "live-page-hundred", of: { backends: hundred, algorithm: "random" } },
  {
    name: "live-page-one-down",
    before: async (balancer) => {
      await balancer.servers.get("b")?.stop();
      await delay(5_000);
    },
  },
  {
    name: "live-page-draining",
    of: { algorithm: "least-connections" },
    before: async (_, watched) => {
      await watched.page.getByRole("button", { name: "Drain b", exact: true }).click();
      await delay(3_000);
    },
  },
];

describe.skipIf(LB_PICTURES === undefined || browserPath === undefined)("pictures of the live page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
    mkdirSync(LB_PICTURES as string, { recursive: true });
  });
  afterAll(() => browser.close());

  test.each(pictures)("$name", { timeout: 2 * LOADED_MS }, async ({ name, of = {}, seen = {}, before }) => {
    await using balancer = await served({ ...of, answering: (backend) => slowest(backend) });
    using _load = new Load(balancer.endpoint, 60, 600);
    const staying: Peer[] = await Promise.all(Array.from({ length: 9 }, () => dialPeer(balancer.endpoint)));
    await delay(LOADED_MS);
    await using watched = await Watched.open(browser, balancer.origin, {
      viewport: { width: 1440, height: 900 },
      ...seen,
    });
    await delay(10_000);
    await before?.(balancer, watched);
    // Rows that are out of sight are not drawn.
    const height = await watched.page.evaluate<number>("document.documentElement.scrollHeight");
    await watched.page.setViewportSize({ width: watched.page.viewportSize()?.width ?? 0, height });
    await delay(2_000);
    await watched.page.screenshot({ path: join(LB_PICTURES as string, `${name}.png`), fullPage: true });
    for (const each of staying) each.reset();
  });
});

/** The third of three servers takes its time. */
function slowest(backend: string): number {
  return backend === "c" ? 2_500 : 5;
}
