import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { adminFile, administered } from "../admin/administered.ts";

const KINDS: Readonly<Record<string, RegExp>> = {
  css: /^text\/css/,
  js: /^text\/javascript/,
  svg: /^image\/svg/,
  woff2: /^font\/woff2/,
};

test("each part that the page names is served, with its kind and under a strict policy, without a token", async () => {
  await using api = await administered(adminFile());
  const seen = new Set<string>();
  const follow = async (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const { status, headers, text } = await api.get(path);
    expect([path, status]).toEqual([path, 200]);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'self'; object-src 'none';/);
    expect(headers["content-type"]).toMatch(KINDS[path.split(".").at(-1) as string] ?? /^text\/html/);
    if (path === "/page/chart.js") return;
    for (const next of namedBy(path, text)) await follow(next);
  };
  await follow("/");
  expect(seen).toContain("/page/flow.js");
  expect(seen).toContain("/page/inter.woff2");
  expect((await api.get("/page/none.js")).status).toBe(404);
  expect((await api.get("/page/..%2F..%2Fpackage.json")).status).toBe(404);
});

test("nothing of the page is written into its HTML: no script, no style", async () => {
  await using api = await administered(adminFile());
  const { text } = await api.get("/");
  expect(text).not.toMatch(/<style|\bstyle=|\bon\w+=|<script>/);
});

test("what the page is made of is there where only what running needs is installed", () => {
  const { dependencies } = JSON.parse(
    readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
  ) as { readonly dependencies: Readonly<Record<string, string>> };
  expect(Object.keys(dependencies)).toEqual(
    expect.arrayContaining(["chart.js", "@fontsource-variable/inter"]),
  );
});

/** What a part of the page loads: by its address in HTML and CSS, by its file in a script. */
function namedBy(path: string, text: string): string[] {
  if (path.endsWith(".js"))
    return [...text.matchAll(/from "\.\/([\w-]+\.js)"/g)].map(([, name]) => `/page/${name}`);
  return [...text.matchAll(/(?:src|href)="(\/page\/[^"]+)"|url\("([^"]+)"\)/g)].map(
    ([, address, url]) => (address ?? url) as string,
  );
}
