import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type Administered,
  adminFile,
  administered,
  isError,
  type Operation,
  ownFolder,
} from "./administered.ts";

const READ = `${"r".repeat(11)}0123456789abcdefghijkl`;
const WRITE = `${"w".repeat(11)}0123456789abcdefghijkl`;
/** What changes nothing though it is a POST. */
const READING = ["/api/v1/config/check"];

test("every operation but the health wants a token: none is 401, a wrong one 401", async () => {
  await using api = await withTokens();
  const all = await api.operations();
  expect(all.length).toBeGreaterThan(30);
  const closed = all.filter(({ template }) => template !== "/health");
  await refused(api, closed, 401, "unauthorized", () => ({}));
  // From an address each, so that none waits long for the wrong tokens of the others.
  const wrong = { authorization: `Bearer ${WRITE}x` };
  await refused(api, closed, 401, "unauthorized", (at) => ({ headers: wrong, from: `127.0.1.${at + 1}` }));
});

test("every operation that changes something wants a token that may write: one that may read is 403, and enough for all others", async () => {
  await using api = await withTokens();
  const all = await api.operations();
  const headers = { authorization: `Bearer ${READ}` };
  await refused(api, all.filter(changes), 403, "forbidden", () => ({ headers }));
  const others = all.filter((each) => !changes(each) && each.template !== "/api/v1/events");
  const answers = await Promise.all(
    others.map(async ({ method, path }) => [path, (await api.ask(method, path, { headers })).status]),
  );
  expect(answers.filter(([, status]) => status === 401 || status === 403)).toEqual([]);
});

test("every operation is 421 for a foreign Host, and 403 for a foreign Origin or site where it changes something", async () => {
  await using api = await administered(adminFile());
  const all = await api.operations();
  await refused(api, all, 421, "misdirected", () => ({ headers: { host: "evil.example" } }));
  const foreign = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
  ] as const;
  for (const headers of foreign)
    await refused(
      api,
      all.filter(({ method }) => method !== "GET"),
      403,
      "forbidden",
      () => ({ headers }),
    );
});

test("every operation that changes something leaves one line in the log, also where it is refused; a task changes nothing", async () => {
  await using api = await administered(adminFile());
  const all = (await api.operations()).filter((each) => changes(each) && !/[tT]asks?$/.test(each.template));
  expect(all.length).toBeGreaterThan(12);
  for (const { method, path } of all) await api.ask(method, path);
  await expect
    .poll(() => api.audit.map(({ what }) => what), { timeout: 50_000 })
    .toEqual(all.map(({ method, path }) => `${method} ${path}`));
});

test("every operation has a summary, its path's names as parameters, and answers, of which errors have the one shape", async () => {
  await using api = await administered(adminFile());
  for (const { method, template, described } of await api.operations()) {
    const { summary, parameters = [], responses, requestBody } = described;
    const where = `${method} ${template}`;
    expect([where, summary]).toEqual([where, expect.stringMatching(/^.{5,150}$/)]);
    const named = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const inPath = parameters.filter((each) => each.in === "path");
    expect([where, inPath.map(({ name }) => name)]).toEqual([where, named]);
    expect(inPath.every(({ required }) => required)).toBe(true);
    const statuses = Object.keys(responses);
    expect([where, statuses.some((status) => /^2\d\d$/.test(status))]).toEqual([where, true]);
    expect(statuses.every((status) => /^(2\d\d|[45]XX)$/.test(status))).toBe(true);
    for (const each of ["4XX", "5XX"])
      expect([where, responses[each]]).toEqual([
        where,
        {
          description: expect.stringMatching(/^(?!Default)./),
          content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
        },
      ]);
    for (const { description } of Object.values(responses))
      expect([where, description]).toEqual([where, expect.stringMatching(/./)]);
    if (["POST", "PUT", "PATCH"].includes(method) && !template.endsWith("/reload"))
      expect([
        where,
        Object.values(requestBody?.content ?? {}).every(({ schema }) => schema !== undefined),
      ]).toEqual([where, true]);
  }
});

test("every part that the description refers to is there, and every part is referred to", async () => {
  await using api = await administered(adminFile());
  const { text, json } = await api.get("/docs/json");
  const referred = new Set(
    [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
  );
  expect(text.match(/"\$ref":"(?!#\/components\/schemas\/)/)).toBeNull();
  expect(Object.keys(json.components.schemas).toSorted()).toEqual([...referred].toSorted());
  expect(Object.keys(json.components.securitySchemes)).toEqual(["token"]);
});

function changes({ method, template }: Operation): boolean {
  return method !== "GET" && !READING.includes(template);
}

/** All of them are refused so, and nothing is changed. */
async function refused(
  api: Administered,
  operations: readonly Operation[],
  status: number,
  code: string,
  how: (at: number) => { readonly headers?: Readonly<Record<string, string>>; readonly from?: string },
): Promise<void> {
  const before = api.said();
  const answers = await Promise.all(
    operations.map(async ({ method, path }, at) => {
      const { status: got, json } = await api.ask(method, path, how(at));
      return [method, path, got, isError(json) && json.error.code];
    }),
  );
  expect(answers).toEqual(operations.map(({ method, path }) => [method, path, status, code]));
  expect(api.said()).toEqual(before);
  expect(api.audit).toEqual([]);
}

async function withTokens(): Promise<Administered> {
  const path = join(await ownFolder(), "tokens");
  await writeFile(path, `ops write ${WRITE}\nprometheus read ${READ}\n`, { mode: 0o600 });
  return administered(adminFile(`tokenFile: "${path}"`));
}
