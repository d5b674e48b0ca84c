import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { installed } from "../support/program.ts";

/** The browser of this machine; undefined where there is none. */
export const browserPath =
  installed("chromium") ?? installed("chromium-browser") ?? installed("google-chrome");

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Notes what moved on the page without its user's doing, from its beginning on: a line for each layout shift. */
const MOVES = `globalThis.moves = []; new PerformanceObserver((list) => {
  for (const { hadRecentInput, value, sources } of list.getEntries()) {
    if (hadRecentInput) continue;
    const told = sources.map(({ node, previousRect, currentRect }) =>
      [node?.outerHTML ?? node?.textContent, JSON.stringify(previousRect), JSON.stringify(currentRect)].join(" "));
    globalThis.moves.push([value, ...told].join(" "));
  }
}).observe({ type: "layout-shift", buffered: true });`;

/** A started browser; its caller closes it. */
export function startBrowser(): Promise<Browser> {
  // Chromium's own sandbox does not work for root.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: browserPath as string, args });
}

/** The live page in a browser, and what it did that it should not. */
export class Watched implements AsyncDisposable {
  /** Errors and warnings of its console, and what it threw. */
  readonly complaints: string[] = [];
  /** What it asked of other places than the balancer. */
  readonly elsewhere: string[] = [];
  readonly page: Page;

  private constructor(page: Page, origin: string) {
    this.page = page;
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== origin) this.elsewhere.push(request.url());
    });
  }

  static async open(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Watched> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
    const page = await context.newPage();
    await page.addInitScript(MOVES);
    const watched = new Watched(page, origin);
    await page.goto(origin);
    return watched;
  }

  /** The text of the first element that a selector finds. */
  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).first().textContent()) ?? "";
  }

  /** The number in an element, without the spaces between its digits. */
  async number(selector: string): Promise<number> {
    return Number.parseFloat((await this.text(selector)).replace(/\s/g, ""));
  }

  /** The row of a backend in the table. */
  row(backend: string): string {
    return `#rows tr:has(b:text-is("${backend}"))`;
  }

  /** What moved by itself, a line for each time. */
  moves(): Promise<readonly string[]> {
    return this.page.evaluate("globalThis.moves");
  }

  /** What lives on its heap. */
  async heapBytes(): Promise<number> {
    const session = await this.page.context().newCDPSession(this.page);
    await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = await session.send("Runtime.getHeapUsage");
    await session.detach();
    return usedSize;
  }

  /** What axe finds wrong, a line each. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(axe);
    const found = await this.page.evaluate<{
      violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
    }>("axe.run()");
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}
