import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { algorithmNames } from "#lb/contract/algorithm";
import { type Administered, adminFile, administered, ownFolder } from "./administered.ts";

const P = "/api/v1/pools/p";
const READ = `${"r".repeat(11)}0123456789abcdefghijkl`;
const since = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

describe("a pool", () => {
  test("is told with its algorithm, who said so and since when, alone and among all", async () => {
    await using api = await administered(adminFile());
    const pool = { name: "p", algorithm: "round-robin", from: { algorithm: { source: "file", since } } };
    const one = await api.get(P);
    expect([one.status, one.json]).toEqual([200, pool]);
    expect((await api.get("/api/v1/pools")).json).toEqual({ pools: [one.json] });
  });

  test("has any algorithm that it is told to have, and the file's where null takes the word back", async () => {
    await using api = await administered(adminFile());
    for (const algorithm of algorithmNames) {
      const said = await api.ask("PATCH", P, { body: { algorithm } });
      const from = { algorithm: { source: "api", since } };
      expect([said.status, said.json]).toEqual([200, { name: "p", algorithm, from }]);
      expect(await inStatus(api)).toEqual([algorithm, "api", "round-robin"]);
      expect((await api.get(P)).json).toEqual(said.json);
    }
    const back = await api.ask("PATCH", P, { body: { algorithm: null } });
    expect(back.json).toMatchObject({ algorithm: "round-robin", from: { algorithm: { source: "file" } } });
    expect(await inStatus(api)).toEqual(["round-robin", "file", "round-robin"]);
  });

  test("has a tag over what was said of it, which what is said of its backends does not move", async () => {
    await using api = await administered(adminFile());
    const first = (await api.get(P)).headers.etag as string;
    await api.ask("PATCH", `${P}/backends/a`, { body: { weight: 2 } });
    expect((await api.get(P)).headers.etag).toBe(first);
    const headers = { "if-match": first };
    const changed = await api.ask("PATCH", P, { headers, body: { algorithm: "p2c" } });
    expect(changed.status).toBe(200);
    expect(changed.headers.etag).toBe((await api.get(P)).headers.etag);
    const late = await api.ask("PATCH", P, { headers, body: { algorithm: "first" } });
    expect([late.status, late.json.error.code]).toEqual([412, "changed"]);
    expect((await api.get(P)).json.algorithm).toBe("p2c");
    const any = await api.ask("PATCH", P, { headers: { "if-match": "*" }, body: { algorithm: "first" } });
    expect(any.status).toBe(200);
  });

  test("keeps its algorithm where it is told to have one that there is not, and says which there are", async () => {
    await using api = await administered(adminFile());
    for (const algorithm of ["fastest", "Round-Robin", "", "__proto__", 7, ["first"], { name: "first" }]) {
      const { status, json } = await api.ask("PATCH", P, { body: { algorithm } });
      expect([algorithm, status, json.error.code]).toEqual([algorithm, 400, "invalid"]);
      expect(json.error.message).toContain("body.algorithm: expected");
      for (const name of algorithmNames) expect(json.error.message).toContain(name);
    }
    expect(await inStatus(api)).toEqual(["round-robin", "file", "round-robin"]);
  });

  test("keeps its algorithm where nothing, NaN or more than that is said, where another pool is meant, and by a token that may only read", async () => {
    const tokens = join(await ownFolder(), "tokens");
    await writeFile(tokens, `ops write ${READ}w\nviewer read ${READ}\n`, { mode: 0o600 });
    await using api = await administered(adminFile(`tokenFile: "${tokens}"`));
    const write = { authorization: `Bearer ${READ}w` };
    const read = { authorization: `Bearer ${READ}` };
    const body = { algorithm: "first" };
    const rows: readonly [path: string, headers: Record<string, string>, said: unknown, status: number][] = [
      [P, write, {}, 400],
      [P, write, '{"algorithm":NaN}', 400],
      [P, write, { ...body, weight: 1 }, 400],
      ["/api/v1/pools/q", write, body, 404],
      ["/api/v1/pools/constructor", write, body, 404],
      [P, read, body, 403],
      [P, {}, body, 401],
    ];
    for (const [path, headers, said, status] of rows)
      expect([said, (await api.ask("PATCH", path, { headers, body: said })).status]).toEqual([said, status]);
    expect((await api.get(P, { headers: read })).json.algorithm).toBe("round-robin");
    expect((await api.ask("PATCH", P, { headers: write, body })).json.algorithm).toBe("first");
  });

  test("has the file's algorithm again once a reload brings another one, and the word over the same one", async () => {
    await using api = await administered(adminFile());
    await api.ask("PATCH", P, { body: { algorithm: "p2c" } });
    await api.ask("POST", "/api/v1/reload");
    expect(await inStatus(api)).toEqual(["p2c", "api", "round-robin"]);
    api.text = api.text.replace("{ p: {", "{ p: { algorithm: maglev,");
    expect((await api.ask("POST", "/api/v1/reload")).status).toBe(200);
    expect(await inStatus(api)).toEqual(["maglev", "file", "maglev"]);
    expect(api.log.lines).toContainEqual([
      "info",
      "the file has the last word",
      { subject: "p", key: "algorithm", value: "p2c" },
    ]);
  });

  test("has its word after a restart with a store of a file, in which older rows stand beside it", async () => {
    const path = join(await ownFolder(), "words.json");
    const text = `${adminFile()}\nstore: { kind: file, path: "${path}" }`;
    {
      await using api = await administered(text);
      await api.ask("PATCH", `${P}/backends/a`, { body: { weight: 5 } });
      expect((await api.ask("PATCH", P, { body: { algorithm: "first" } })).json).not.toHaveProperty("stored");
    }
    expect(Object.keys(JSON.parse(await readFile(path, "utf8")).backends)).toEqual(["p/a", "p"]);
    await using again = await administered(text);
    expect(await inStatus(again)).toEqual(["first", "api", "round-robin"]);
    expect((await again.get(`${P}/backends/a`)).json.weight).toBe(5);
  });
});

/** The algorithm of the pool, who said so, and what the file says. */
async function inStatus(api: Administered): Promise<readonly unknown[]> {
  const { algorithm, administrative } = (await api.get("/api/v1/status")).json.pools[0];
  expect(administrative.algorithm.value).toBe(algorithm);
  return [algorithm, administrative.algorithm.source, administrative.algorithm.file];
}
