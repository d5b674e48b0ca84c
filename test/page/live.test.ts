import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDuration } from "#lb/core/duration";
import { ownFolder } from "../admin/administered.ts";
import { eventually } from "../support/eventually.ts";
import { dialPeer, type TestBackend } from "../support/peer.ts";
import { needing } from "../support/program.ts";
import { browserPath, startBrowser, Watched } from "./browser.ts";
import { Load } from "./load.ts";
import { type Served, served } from "./served.ts";

/** How long it is to be watched: LB_SOAK=10m. */
const { LB_SOAK } = process.env;
const LASTS_MS = LB_SOAK === undefined ? 2_500 : parseDuration(LB_SOAK);
/** Of the five minutes over which the page counts endings, so that it has counted all of them. */
const COUNTED_MS = Math.min(LASTS_MS, 240_000);
const LONG = { timeout: 60_000 + 2 * LASTS_MS };
/** Where the page counts the sessions that were done. */
const DONE = '#others li:has(span:text-is("done")) .number';
const [writing, reading] = ["0123456789abcdefghijklmn", "nmlkjihgfedcba9876543210"];

describe.skipIf(browserPath === undefined)(
  needing("the live page in a browser", { chromium: browserPath }),
  () => {
    let browser: Browser;
    let balancer: Served;
    let watched: Watched;

    beforeAll(async () => {
      [browser, balancer] = await Promise.all([startBrowser(), served()]);
      watched = await Watched.open(browser, balancer.origin);
      await watched.page.locator('#link[data-link="live"]').waitFor();
    });
    afterAll(async () => {
      await browser.close();
      await balancer[Symbol.asyncDispose]();
    });

    test("shows the numbers of the API under load, and nothing on it moves", LONG, async () => {
      using load = new Load(balancer.endpoint, 100);
      const done = async () => (await balancer.status()).listeners[0]?.endings.done ?? 0;
      const shown = () => watched.number(DONE);
      await eventually(async () => {
        expect(await watched.number("#rate")).toBeGreaterThan(0);
        expect(await shown()).toBeGreaterThan(0);
      });
      const before = (await watched.moves()).length;
      for (const untilMs = Date.now() + COUNTED_MS; Date.now() < untilMs; ) {
        // What the page shows was told between two looks at the API.
        const atLeast = await done();
        const found = await eventually(async () => {
          const now = await shown();
          expect(now).toBeGreaterThanOrEqual(atLeast);
          return now;
        });
        expect(found).toBeLessThanOrEqual(await done());
      }
      expect((await watched.moves()).slice(before).join("\n")).toBe("");
      load.stop();
      await eventually(async () => {
        const [listener] = (await balancer.status()).listeners;
        expect(listener?.active).toBe(0);
        expect(await shown()).toBe(listener?.endings.done);
        expect(await watched.number("#open")).toBe(0);
      });
    });

    test.skipIf(LB_SOAK === undefined)(
      "holds no more memory after the long mode than at its beginning",
      LONG,
      async () => {
        using _load = new Load(balancer.endpoint, 200);
        await delay(LASTS_MS / 5);
        const before = await watched.heapBytes();
        await delay(LASTS_MS);
        expect((await watched.heapBytes()) - before).toBeLessThan(2 * 1024 * 1024);
      },
    );

    test("says that all is well, and what is wrong when it is not", async () => {
      await eventually(async () => expect(await watched.text("#verdict-words")).toContain("All is well"));
      const server = balancer.servers.get("c") as TestBackend;
      const { port } = server.endpoint as { readonly port: number };
      await server.stop();
      await eventually(async () => {
        expect(await watched.text("#problems")).toContain("ping/c is down");
        expect(await watched.text(`${watched.row("c")} .of-health`)).toMatch(/down.*refused/);
        expect(await watched.text("#log")).toContain("ping/c");
      });
      await watched.page.locator("#problems-only").check();
      expect(await watched.page.locator("#rows tr").count()).toBe(1);
      await watched.page.locator("#problems-only").uncheck();
      await watched.page.locator("#search").fill(String(port));
      expect(await watched.page.locator("#rows tr").count()).toBe(1);
      await watched.page.locator("#search").fill("");
    });

    test("drains a backend, shows its progress, and makes it ready again", async () => {
      const clients = await Promise.all(Array.from({ length: 6 }, () => dialPeer(balancer.endpoint)));
      await eventually(async () => expect((await balancer.backend("a"))?.active).toBe(3));
      await watched.page.locator("#within").selectOption("10s");
      await watched.page.getByRole("button", { name: "Drain a", exact: true }).click();
      await eventually(async () =>
        expect(await watched.text(`${watched.row("a")} .of-wanted`)).toMatch(/drain.*\d left, \d+\s*s/),
      );
      expect((await balancer.backend("a"))?.administrative.state).toMatchObject({
        value: "drain",
        source: "api",
      });
      for (const client of clients) client.reset();
      await eventually(async () => {
        expect((await balancer.backend("a"))?.active).toBe(0);
        expect(await watched.text(`${watched.row("a")} .of-wanted`)).toContain("no session left");
      });
      await watched.page.getByRole("button", { name: "Ready a", exact: true }).click();
      await eventually(async () =>
        expect((await balancer.backend("a"))?.administrative.state.value).toBe("ready"),
      );
    });

    test("counts each of several quick presses of a weight", async () => {
      const more = watched.page.getByRole("button", { name: "More weight for a", exact: true });
      for (let presses = 0; presses < 3; presses += 1) await more.click();
      await eventually(async () =>
        expect((await balancer.backend("a"))?.administrative.weight.value).toBe(4),
      );
      expect(await watched.number(`${watched.row("a")} .weight .number`)).toBe(4);
    });

    test("asks before the last backend that can serve is taken out", async () => {
      await watched.page.locator(`${watched.row("a")} .of-wanted[data-state="ready"]`).waitFor();
      await watched.page.getByRole("button", { name: "Maint b", exact: true }).click();
      await eventually(async () =>
        expect((await balancer.backend("b"))?.administrative.state.value).toBe("maint"),
      );
      await eventually(async () =>
        expect(await watched.text(`${watched.row("b")} .of-wanted`)).toContain("maint"),
      );
      const no = watched.page.locator("#question[open]").getByRole("button", { name: "No" });
      await watched.page.getByRole("button", { name: "Maint a", exact: true }).click();
      await no.click();
      const less = watched.page.getByRole("button", { name: "Less weight for a", exact: true });
      for (let presses = 0; presses < 4; presses += 1) await less.click();
      await no.click();
      await eventually(async () =>
        expect((await balancer.backend("a"))?.administrative.weight.value).toBe(1),
      );
      expect((await balancer.backend("a"))?.administrative.state.value).toBe("ready");
      await watched.page.getByRole("button", { name: "Ready b", exact: true }).click();
      await eventually(async () =>
        expect((await balancer.backend("b"))?.administrative.state.value).toBe("ready"),
      );
      // What the page had asked for before has been done by now.
      expect((await balancer.backend("a"))?.administrative.state.value).toBe("ready");
    });

    test("switches the algorithm of a pool, and gives it back to the file", async () => {
      const pool = async () => (await balancer.status()).pools[0];
      await watched.page.locator("#algorithm").selectOption("least-connections");
      await eventually(async () => expect((await pool())?.algorithm).toBe("least-connections"));
      await eventually(async () =>
        expect(await watched.text("#algorithm-source")).toBe("said by an operator"),
      );
      await watched.page.getByRole("button", { name: "As in the file" }).click();
      await eventually(async () => expect((await pool())?.algorithm).toBe("round-robin"));
      const menu = watched.page.locator("#algorithm");
      await eventually(async () => expect(await menu.inputValue()).toBe("round-robin"));
      await menu.press("ArrowDown");
      await eventually(async () => expect((await pool())?.algorithm).toBe("least-connections"));
      await menu.press("ArrowDown");
      await eventually(async () => expect((await pool())?.algorithm).toBe("random"));
      expect(await watched.page.evaluate("document.activeElement.id")).toBe("algorithm");
      await watched.page.getByRole("button", { name: "As in the file" }).click();
      await eventually(async () => expect((await pool())?.algorithm).toBe("round-robin"));
    });

    test("says why sessions got their servers", async () => {
      await eventually(async () => {
        (await dialPeer(balancer.endpoint)).reset();
        expect(await watched.text("#decisions")).toContain("its turn");
      });
    });

    test.each([
      ["light", 1440],
      ["dark", 390],
    ] as const)("is clean for axe: %s, %i wide", async (colorScheme, width) => {
      await watched.page.emulateMedia({ colorScheme });
      await watched.page.setViewportSize({ width, height: 900 });
      expect(await watched.violations()).toEqual([]);
      await watched.page.setViewportSize({ width: 1440, height: 1000 });
    });

    test.each([1920, 1081, 760, 390, 320])("has room for all of it, %i wide", async (width) => {
      await watched.page.setViewportSize({ width, height: 900 });
      // A long word and a large number, until the page is drawn again.
      const over = await watched.page.evaluate(`(() => {
        for (const each of document.querySelectorAll(".endings .word")) each.textContent = "bad-proxy-header";
        for (const each of document.querySelectorAll(".endings .number")) each.textContent = "12 345 678";
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth - clientWidth;
      })()`);
      expect(over).toBeLessThanOrEqual(0);
      await watched.page.setViewportSize({ width: 1440, height: 1000 });
    });

    test("has asked nothing of other places, and its console is empty", () => {
      expect(watched.complaints).toEqual([]);
      expect(watched.elsewhere).toEqual([]);
    });

    test("shows a lost connection, and catches up when the balancer is back", async () => {
      await balancer.stop();
      await watched.page.locator('#link[data-link="lost"]').waitFor();
      expect(await watched.text("#link-words")).toContain("lost since");
      expect(await watched.text("#verdict-words")).toContain("The balancer does not answer");
      await balancer.start();
      await watched.page.locator('#link[data-link="live"]').waitFor();
      await eventually(async () => expect(await watched.text("#told")).toContain("caught up"));
      const client = await dialPeer(balancer.endpoint);
      await eventually(async () => expect(await watched.number("#open")).toBe(1));
      client.reset();
    });

    test("asks for a token where the balancer wants one, says when it is wrong, and offers what the right one may do", async () => {
      const tokens = join(await ownFolder(), "tokens");
      await writeFile(tokens, `ops write ${writing}\neyes read ${reading}\n`, { mode: 0o600 });
      await using balancer = await served({ admin: `, tokenFile: "${tokens}"` });
      await using watched = await Watched.open(browser, balancer.origin);
      const { page } = watched;
      const give = async (token: string) => {
        await page.locator("#token[open] #token-text").fill(token);
        await page.getByRole("button", { name: "Use it" }).click();
      };
      await give("wrong");
      await page.getByText("The balancer does not know that token.").waitFor();
      await give(reading);
      await page.getByText("live, to read").waitFor();
      await expect
        .poll(() => page.getByRole("button", { name: "Drain a", exact: true }).isDisabled())
        .toBe(true);
      await page.locator("#sign-in").click();
      await give(writing);
      await expect
        .poll(() => page.getByRole("button", { name: "Drain a", exact: true }).isDisabled())
        .toBe(false);
      await page.getByRole("button", { name: "Drain a", exact: true }).click();
      await page.locator(`${watched.row("a")} .of-wanted[data-state="draining"]`).waitFor();
      const kept = "[location.href, document.cookie, JSON.stringify(localStorage)].join()";
      expect(await page.evaluate(kept)).not.toMatch(/0123|nmlk/);
      expect(watched.elsewhere).toEqual([]);
    });
  },
);
