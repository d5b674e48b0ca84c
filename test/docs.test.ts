import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { algorithmNames } from "#lb/contract/algorithm";
import { endings } from "#lb/core/ending";
import { faultOptions } from "../servers/faults/index.ts";

const pages = ["README.md", ...within("docs")];
const journals = within("journals");

test("docs/endings.md explains every ending in the words of the table", () => {
  const rows = Object.entries(endings).map(([word, meaning]) => `| \`${word}\` | ${meaning} |`);
  expect(tableOf("endings.md", "| ending | meaning |")).toEqual(rows);
});

test("docs/algorithms.md speaks of every algorithm", () => {
  const page = read("algorithms.md");
  expect(algorithmNames.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("docs/servers.md has a row for every fault", () => {
  const rows = read("servers.md")
    .split("\n")
    .filter((line) => line.startsWith("| `--"));
  const missing = Object.keys(faultOptions).filter(
    (option) => !rows.some((row) => row.includes(`--${option}`)),
  );
  expect(missing).toEqual([]);
});

test.each(pages)("%s names no file that is not there", (page) => {
  const text = textAt(page);
  const toBeMade = [...text.matchAll(/^## \d+\. The (?:file|test): `(.+)`$/gm)].map(([, path]) => path);
  const named = text.match(/(?<![\w./-])(?:src|test|stress|servers|clients|deploy)\/[\w./-]*[\w/]/g) ?? [];
  expect(named.filter((path) => !existsSync(at(path)) && !toBeMade.includes(path))).toEqual([]);
});

test.each([...pages, ...journals])("each link of %s leads to a page", (page) => {
  const links = [...textAt(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) => link as string);
  expect(links.filter((link) => !existsSync(new URL(link, at(page))))).toEqual([]);
});

test("the tour in README.md names files of the folder that it speaks of", () => {
  const rows = [...textAt("README.md").matchAll(/^\| (`.+?) \| (.+) \|$/gm)] as string[][];
  expect(rows.length).toBeGreaterThan(10);
  const lost = rows.flatMap(([, places = "", text = ""]) => {
    const folders = quoted(places).filter((place) => place.endsWith("/"));
    const files = quoted(text).filter((word) => word.endsWith(".ts"));
    return files.filter((file) => !folders.some((folder) => existsSync(at(`${folder}${file}`))));
  });
  expect(lost).toEqual([]);
});

function tableOf(page: string, heading: string): string[] {
  const lines = read(page).split("\n");
  const rows = lines.slice(lines.indexOf(heading) + 2);
  return rows.slice(
    0,
    rows.findIndex((line) => !line.startsWith("|")),
  );
}

function read(page: string): string {
  return textAt(`docs/${page}`);
}

function textAt(path: string): string {
  return readFileSync(at(path), "utf8");
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((found) => found[1] as string);
}

function within(folder: string): string[] {
  return readdirSync(at(folder))
    .filter((name) => !name.endsWith(".png"))
    .map((name) => `${folder}/${name}`);
}

/** A path of this project. */
function at(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
