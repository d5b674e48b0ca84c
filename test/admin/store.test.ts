import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { StoreDown } from "#lb/store/refusals";
import { type Administered, adminFile, administered, ownFolder, stored } from "./administered.ts";

const A = "/api/v1/pools/p/backends/a";
const BACKENDS = "/api/v1/pools/p/backends";
const CLIENTS = "/api/v1/clients";
const u = { id: "u", capacity: 3, ratePerSec: 1 };

describe("while the store cannot be written", () => {
  test("no client is added, changed or removed, and no backend added or removed: 503, and when to try again", async () => {
    await using api = await stored(adminFile());
    await api.ask("POST", CLIENTS, { body: u });
    await api.ask("POST", BACKENDS, { body: { name: "c", address: "127.0.0.1:9003" } });
    const before = api.said();
    await away(api, async () => {
      for (const [method, path, body] of [
        ["POST", CLIENTS, { ...u, id: "v" }],
        ["PUT", `${CLIENTS}/u`, { capacity: 9, tokens: 0 }],
        ["DELETE", `${CLIENTS}/u`],
        ["POST", "/clients/register", { client_id: "v", capacity: 1, rate_per_sec: 1 }],
        ["PUT", "/clients/update", { client_id: "u", capacity: 9 }],
        ["DELETE", "/clients/delete?id=u"],
        ["POST", BACKENDS, { name: "d", address: "127.0.0.1:9004" }],
        ["DELETE", `${BACKENDS}/c`],
      ] as const) {
        const { status, headers, json } = await api.ask(method, path, { body });
        expect([method, path, status, json.error.code, Number(headers["retry-after"])]).toEqual([
          method,
          path,
          503,
          "unavailable",
          expect.toSatisfy((seconds: number) => seconds >= 1 && seconds <= 30),
        ]);
      }
      expect((await api.get(`${CLIENTS}/u`)).json).toMatchObject({ capacity: 3, tokens: 3 });
    });
    expect(api.said()).toEqual(before);
  });

  test("a word about a backend is in force all the same, says that it is not stored, and is stored later", async () => {
    await using api = await stored(adminFile());
    await away(api, async () => {
      const said = await api.ask("PATCH", A, { body: { state: "drain", weight: 4 } });
      expect([said.status, said.json]).toEqual([
        200,
        expect.objectContaining({ state: "drain", weight: 4, stored: false }),
      ]);
      expect((await api.get(A)).json).toMatchObject({ state: "drain", weight: 4 });
    });
    await expect.poll(() => kept(api), { timeout: 50_000 }).toContain('"drain"');
    expect((await api.ask("PATCH", A, { body: { weight: 5 } })).json).not.toHaveProperty("stored");
  });

  test("a word about a pool is in force all the same, says that it is not stored, and is stored later", async () => {
    await using api = await stored(adminFile());
    const P = "/api/v1/pools/p";
    await away(api, async () => {
      const said = await api.ask("PATCH", P, { body: { algorithm: "maglev" } });
      expect([said.status, said.json]).toMatchObject([200, { algorithm: "maglev", stored: false }]);
      expect((await api.get(P)).json.algorithm).toBe("maglev");
    });
    await expect.poll(() => kept(api), { timeout: 50_000 }).toContain('"maglev"');
    expect((await api.ask("PATCH", P, { body: { algorithm: null } })).json).not.toHaveProperty("stored");
  });

  test("the health is degraded and says so, and ok again afterwards", async () => {
    await using api = await stored(adminFile());
    await away(api, async () => {
      await api.ask("PATCH", A, { body: { weight: 4 } });
      const { status, json } = await api.get("/health");
      expect([status, json]).toEqual([
        200,
        { status: "degraded", reasons: ["the store is down: the log says why"] },
      ]);
    });
    await expect.poll(async () => (await api.get("/health")).json.status, { timeout: 50_000 }).toBe("ok");
  });
});

test.each([
  [false, "the store is down: nothing was changed"],
  [true, "the store is down: look again whether anything was changed"],
])(
  "a change that was not kept is 503, and says whether that is certain: uncertain %s",
  async (uncertain, message) => {
    await using api = await administered(adminFile());
    const { steering } = api.running.control;
    vi.spyOn(steering, "addClient").mockRejectedValue(new StoreDown("no answer", 1_000, uncertain));
    const { status, json } = await api.ask("POST", CLIENTS, { body: u });
    expect([status, json.error.message]).toEqual([503, message]);
  },
);

test("a store that has room for no more clients is 409, and still takes changes of those that it has", async () => {
  const path = `${await ownFolder()}/words.json`;
  const text = `${adminFile()}\nstore: { kind: file, path: "${path}" }`;
  {
    await using api = await administered(text);
    await api.ask("POST", CLIENTS, { body: u });
  }
  const file = JSON.parse(await readFile(path, "utf8"));
  for (let at = 1; at < 10_000; at += 1) file.clients[`u${at}`] = structuredClone(file.clients.u);
  await writeFile(path, JSON.stringify(file));
  await using api = await administered(text);
  const refused = await api.ask("POST", CLIENTS, { body: { ...u, id: "one-more" } });
  expect([refused.status, refused.json.error]).toEqual([
    409,
    { code: "full", message: "the store takes 10000 clients at most" },
  ]);
  expect((await api.get(`${CLIENTS}/one-more`)).status).toBe(404);
  expect((await api.ask("PUT", `${CLIENTS}/u77`, { body: { capacity: 9 } })).json.capacity).toBe(9);
  expect((await api.ask("DELETE", `${CLIENTS}/u78`)).status).toBe(204);
  expect((await api.ask("POST", CLIENTS, { body: { ...u, id: "one-more" } })).status).toBe(201);
});

describe("of changes that come at once", () => {
  test("with one If-Match, one is made, and the others are 412", async () => {
    await using api = await stored(adminFile());
    await api.ask("POST", CLIENTS, { body: u });
    for (const path of [`${CLIENTS}/u`, A]) {
      const { etag } = (await api.get(path)).headers;
      const asked = [2, 3, 4, 5, 6].map((value) =>
        api.ask(path === A ? "PATCH" : "PUT", path, {
          headers: { "if-match": etag as string },
          body: path === A ? { weight: value } : { capacity: value },
        }),
      );
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect([path, statuses.toSorted()]).toEqual([path, [200, 412, 412, 412, 412]]);
    }
  });

  test("one adds a name, and the others find that it exists", async () => {
    await using api = await stored(adminFile());
    for (const [path, body] of [
      [CLIENTS, u],
      [BACKENDS, { name: "c", address: "127.0.0.1:9003" }],
    ] as const) {
      const asked = [1, 2, 3, 4].map(() => api.ask("POST", path, { body }));
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect([path, statuses.toSorted()]).toEqual([path, [201, 409, 409, 409]]);
    }
  });

  test("one removes it, and the others find nothing", async () => {
    await using api = await stored(adminFile());
    await api.ask("POST", CLIENTS, { body: u });
    const asked = [1, 2, 3].map(() => api.ask("DELETE", `${CLIENTS}/u`));
    expect((await Promise.all(asked)).map(({ status }) => status).toSorted()).toEqual([204, 404, 404]);
  });
});

describe("a tag", () => {
  test("is asked for where something is removed, too", async () => {
    await using api = await stored(adminFile());
    await api.ask("POST", CLIENTS, { body: u });
    await api.ask("POST", BACKENDS, { body: { name: "c", address: "127.0.0.1:9003" } });
    for (const path of [`${CLIENTS}/u`, `${BACKENDS}/c`]) {
      const stale = await api.ask("DELETE", path, { headers: { "if-match": '"stale"' } });
      expect([path, stale.status]).toEqual([path, 412]);
      const { etag } = (await api.get(path)).headers;
      const headers = { "if-match": `"stale", ${etag}` };
      expect([path, (await api.ask("DELETE", path, { headers })).status]).toEqual([path, 204]);
    }
  });

  test("outlives a reload that says nothing of its backend or client", async () => {
    const text = `${adminFile()}clients: { list: [{ id: w, capacity: 1, ratePerSec: 1 }] }`;
    await using api = await administered(text);
    const tags = () =>
      Promise.all([A, `${CLIENTS}/w`].map(async (path) => (await api.get(path)).headers.etag));
    const before = await tags();
    api.text = text
      .replace("name: b, ", "name: c, ")
      .replace("list: [", "list: [{ id: x, capacity: 1, ratePerSec: 1 }, ");
    expect((await api.ask("POST", "/api/v1/reload")).json.result).toBe("applied");
    expect(await tags()).toEqual(before);
  });
});

test("the password of the store is in no answer and no line of the log, up or down", async () => {
  const store = 'store: { kind: postgres, url: "postgres://operator:hunter2@127.0.0.1:1/x", node: one }';
  await using api = await administered(`${adminFile()}${store}`);
  await api.ask("POST", CLIENTS, { body: u });
  await api.ask("PATCH", A, { body: { weight: 2 } });
  const operations = await api.operations();
  const reading = operations.filter(
    ({ method, template }) => method === "GET" && template !== "/api/v1/events",
  );
  const answers = await Promise.all(reading.map(({ path }) => api.get(path)));
  api.text = `${adminFile()}${store.replace("one", "one, unheardOf: 1")}`;
  answers.push(await api.ask("POST", "/api/v1/reload"));
  answers.push(
    await api.ask("POST", "/api/v1/config/check", {
      headers: { "content-type": "application/yaml" },
      body: `${adminFile()}${store}`,
    }),
  );
  expect(answers.at(-1)?.json.effective).toContain("kind: postgres");
  expect(answers.filter(({ text }) => text.includes("hunter2"))).toEqual([]);
  expect(JSON.stringify(api.log.lines)).not.toContain("hunter2");
});

function kept(api: Administered): Promise<string> {
  const { store } = api.overlay.file;
  return readFile((store as { path: string }).path, "utf8");
}

/** Does something while the folder of the store is not where it should be. */
async function away(api: Administered, act: () => Promise<void>): Promise<void> {
  const folder = dirname((api.overlay.file.store as { path: string }).path);
  await rename(folder, `${folder}-away`);
  try {
    await act();
  } finally {
    await rename(`${folder}-away`, folder);
  }
}

test("what the environment has is not told by the health, to which every caller may listen", async () => {
  vi.stubEnv("SECRET_HOST", "secret-database.invalid");
  onTestFinished(() => void vi.unstubAllEnvs());
  const store = 'store: { kind: postgres, url: "postgres://u@${SECRET_HOST}/x", node: one }';
  await using api = await administered(`${adminFile()}${store}`);
  const { status, text } = await api.get("/health");
  expect([status, text]).toEqual([200, expect.stringContaining("the store is down")]);
  expect(text).not.toContain("secret-database");
  expect(JSON.stringify(api.log.lines)).toContain("secret-database");
});
