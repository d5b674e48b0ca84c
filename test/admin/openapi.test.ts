import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { problems } from "#lb/admin/problem";
import { type Administered, adminFile, administered } from "./administered.ts";

const FILE = new URL("../../docs/openapi.json", import.meta.url);
const PAGE = new URL("../../docs/admin-api.md", import.meta.url);

test("docs/openapi.json describes the API as it is", async () => {
  await using api = await administered(adminFile());
  const { text, json } = await api.get("/docs/json");
  await expect(`${JSON.stringify(JSON.parse(text), null, 2)}\n`).toMatchFileSnapshot(FILE.pathname);
  expect(json.openapi).toBe("3.1.0");
});

test("the description says what a body takes, and leaves nothing open", async () => {
  await using api = await administered(adminFile());
  const { json } = await api.get("/docs/json");
  const { requestBody } = json.paths["/api/v1/pools/{pool}/backends"].post;
  const { properties, required, additionalProperties } = requestBody.content["application/json"].schema;
  expect([required, additionalProperties]).toEqual([["address"], false]);
  expect(properties.weight).toMatchObject({ type: "integer", minimum: 0, maximum: 256, default: 1 });
  expect(properties.state).toMatchObject({ enum: ["ready", "drain", "maint"] });
});

test("the page to try it out loads nothing from elsewhere and runs nothing inline", async () => {
  await using api = await administered(adminFile());
  const page = await api.get("/docs/");
  expect(page.headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path as string);
  expect(loaded.length).toBeGreaterThan(3);
  for (const path of loaded)
    expect([path, await statusOf(api, new URL(path, "http://localhost/docs/"))]).toEqual([path, 200]);
  expect(page.text).not.toMatch(/<script>|<script [^>]*>\s*[^<\s]|\son\w+=/);
});

test("docs/admin-api.md lists every error", () => {
  expect(existsSync(PAGE)).toBe(true);
  const page = readFileSync(PAGE, "utf8");
  const rows = Object.entries(problems).map(
    ([code, [status, meaning]]) => `| ${status} | \`${code}\` | ${meaning} |`,
  );
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});

async function statusOf(api: Administered, { host, pathname }: URL): Promise<number | string> {
  return host === "localhost" ? (await api.get(pathname)).status : host;
}
