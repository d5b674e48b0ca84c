import { chmod, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type Administered,
  adminFile,
  administered,
  isError,
  ownFolder,
  sharedByAll,
} from "./administered.ts";

const A = "/api/v1/pools/p/backends/a";
const READ = `${"r".repeat(11)}0123456789abcdefghijkl`;
const WRITE = `${"w".repeat(11)}0123456789abcdefghijkl`;
const TOKENS = `# who may call\nops write ${WRITE}\n\nprometheus read ${READ}\n`;
const weight = { weight: 7 };

describe("a Host", () => {
  const shared = sharedByAll(() => adminFile('hosts: [lb.example.com, "v.example:8443"]'));

  test.each([
    "127.0.0.1",
    "127.0.0.1:1",
    "[::1]:8081",
    "localhost",
    "LOCALHOST:8081",
    "lb.example.com:80",
    "v.example:8443",
  ])("that is an address, localhost or one of admin.hosts is served: %s", async (host) => {
    const { api } = shared;
    expect((await api.get("/health", { headers: { host } })).status).toBe(200);
  });

  test.each([
    "evil.example",
    "localhost.evil.example",
    "lb.example.com.",
    "127.0.0.1.evil.example",
    "v.example:80",
    "@localhost",
    "::1",
  ])("that is another is 421, whatever is asked: %s", async (host) => {
    const { api } = shared;
    for (const [method, path] of [
      ["GET", "/health"],
      ["GET", "/docs/json"],
      ["PATCH", A],
      ["GET", "/nothing"],
    ] as const) {
      const refused = await api.ask(method, path, { headers: { host } });
      expect([refused.status, refused.json.error.code]).toEqual([421, "misdirected"]);
    }
  });
});

describe("a request that changes something", () => {
  const shared = sharedByAll(() => adminFile());
  const foreign: readonly Readonly<Record<string, string>>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "" },
    { origin: "http://localhost:1" },
    { origin: "file://" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];

  test.each(foreign)(
    "and comes from another site's page is 403, with or without a body: %o",
    async (headers) => {
      const { api } = shared;
      const before = api.said();
      for (const asking of [{ headers }, { headers, body: weight }]) {
        const refused = await api.ask("PATCH", A, asking);
        expect([refused.status, refused.json.error.code]).toEqual([403, "forbidden"]);
      }
      expect((await api.ask("POST", "/api/v1/reload", { headers })).status).toBe(403);
      expect(api.said()).toEqual(before);
      expect((await api.get(A, { headers })).status).toBe(200);
    },
  );

  test("and comes from our own page is made", async () => {
    await using api = await administered(adminFile());
    const own = { host: "localhost:8081", origin: "http://localhost:8081", "sec-fetch-site": "same-origin" };
    expect((await api.ask("PATCH", A, { headers: own, body: weight })).status).toBe(200);
    const secure = { host: "localhost", origin: "https://localhost" };
    expect((await api.ask("PATCH", A, { headers: secure, body: weight })).status).toBe(200);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/yaml",
  ])("is JSON: %s is 415", async (type) => {
    const { api } = shared;
    const refused = await api.ask("PATCH", A, { headers: { "content-type": type }, body: weight });
    expect([refused.status, isError(refused.json)]).toEqual([415, true]);
    expect(api.audit.at(-1)).toMatchObject({ status: 415 });
  });

  test("leaves a line with what was before and after, and who asked", async () => {
    await using api = await withTokens(TOKENS);
    await api.ask("PATCH", A, { headers: bearer(WRITE), body: weight });
    const [line] = api.audit;
    expect(line).toMatchObject({
      message: "changed by the admin API",
      by: "ops",
      from: "127.0.0.1",
      what: `PATCH ${A}`,
      status: 200,
    });
    expect(JSON.parse(line?.before as string).weight).toBe(1);
    expect(JSON.parse(line?.after as string).weight).toBe(7);
  });

  test("leaves a line for what was refused too, in which its path is escaped and cut", async () => {
    await using api = await administered(adminFile());
    const peer = await api.dial();
    peer.send(
      `DELETE /api/v1/sessions/${"x".repeat(300)}\u0085\u009b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    await peer.outcome();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(JSON.stringify(api.audit)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});

describe("a token", () => {
  test("is asked for by all but the health, the page and the documentation", async () => {
    await using api = await withTokens(TOKENS);
    for (const path of ["/health", "/", "/docs/", "/docs/json", "/docs/static/swagger-ui.css"])
      expect([path, (await api.get(path)).status]).toEqual([path, 200]);
    for (const path of [
      "/metrics",
      "/api/v1/status",
      "/api/v1/events",
      A,
      "/getInfo",
      "/clients/list",
      "/nothing",
    ]) {
      const refused = await api.get(path);
      expect([path, refused.status, refused.headers["www-authenticate"]]).toEqual([
        path,
        401,
        'Bearer realm="lb"',
      ]);
    }
  });

  test("that may read reads, and changes nothing", async () => {
    await using api = await withTokens(TOKENS);
    const headers = bearer(READ);
    for (const path of ["/metrics", "/api/v1/status", A])
      expect((await api.get(path, { headers })).status).toBe(200);
    const before = api.said();
    for (const [method, path] of [
      ["PATCH", A],
      ["POST", "/api/v1/reload"],
      ["DELETE", "/api/v1/sessions/1"],
      ["POST", "/api/private/sendTask"],
    ] as const) {
      const refused = await api.ask(method, path, { headers, body: weight });
      expect([path, refused.status, refused.json.error.code]).toEqual([path, 403, "forbidden"]);
    }
    expect(api.said()).toEqual(before);
    const checked = await api.ask("POST", "/api/v1/config/check", {
      headers: { ...headers, "content-type": "text/yaml" },
      body: adminFile(),
    });
    expect(checked.status).toBe(200);
  });

  test("that is wrong is answered late, and later each time; a right one meanwhile is not", async () => {
    await using api = await withTokens(TOKENS);
    const order: string[] = [];
    const wrong = async (name: string) => {
      const { status, headers } = await api.get(A, { headers: bearer(`${WRITE}x`) });
      expect([status, headers["www-authenticate"]]).toEqual([401, expect.stringContaining("invalid_token")]);
      order.push(name);
    };
    const both = [wrong("first"), wrong("second")];
    expect((await api.get(A, { headers: bearer(READ) })).status).toBe(200);
    order.push("right");
    await Promise.all(both);
    expect(order).toHaveLength(3);
    expect(order[0]).toBe("right");
  });

  test("that is wrong is not even waited for where four of its address are: 429", async () => {
    await using api = await withTokens(TOKENS);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => api.get(A, { headers: bearer("wrong") })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429]);
  });

  test.each(["Basic dXNlcjpwYXNz", "Bearer", WRITE, "Bearer a b"])(
    "is told as Bearer: %s is 401",
    async (authorization) => {
      await using api = await withTokens(TOKENS);
      expect((await api.get(A, { headers: { authorization } })).status).toBe(401);
    },
  );
});

describe("the file of tokens", () => {
  test("is made where it is missing, for its owner alone, and says its token nowhere else", async () => {
    const path = join(await ownFolder(), "made");
    await using api = await administered(adminFile(`tokenFile: "${path}"`));
    const [, right, token] = (await readFile(path, "utf8")).trim().split(" ");
    expect([right, (await stat(path)).mode & 0o777]).toEqual(["write", 0o600]);
    expect((await api.ask("PATCH", A, { headers: bearer(token as string), body: weight })).status).toBe(200);
    const log = JSON.stringify(api.log.lines);
    expect([log.includes(path), log.includes(token as string)]).toEqual([true, false]);
  });

  test.each(["/dev/zero", "/proc"])("that is no file prevents the start: %s", async (path) => {
    await expect(administered(adminFile(`tokenFile: "${path}"`))).rejects.toThrow(`${path}: expected a file`);
  });

  test("with more than 1 000 tokens prevents the start, and what stands after them is not looked at", async () => {
    const path = join(await ownFolder(), "tokens");
    const lines = Array.from({ length: 1_001 }, (_, at) => `n${at} read ${READ}`);
    await writeFile(path, [...lines, "no token"].join("\n"), { mode: 0o600 });
    const started = administered(adminFile(`tokenFile: "${path}"`));
    await expect(started).rejects.toThrow(`${path}:1001: expected at most 1000 tokens`);
  });

  test("that others can read is a warning", async () => {
    await using api = await withTokens(TOKENS, 0o644);
    expect(api.log.lines).toContainEqual(["warn", expect.stringContaining("every user of this machine"), {}]);
  });

  test("is read again at each reload, and a bad one leaves the tokens as they were, and is told", async () => {
    const path = join(await ownFolder(), "tokens");
    await writeFile(path, TOKENS, { mode: 0o600 });
    await using api = await administered(adminFile(`tokenFile: "${path}"`));
    await writeFile(path, `ops write ${WRITE}y`);
    expect((await api.ask("POST", "/api/v1/reload", { headers: bearer(WRITE) })).status).toBe(200);
    expect((await api.get(A, { headers: bearer(READ) })).status).toBe(401);
    expect((await api.get(A, { headers: bearer(`${WRITE}y`) })).status).toBe(200);
    await writeFile(path, "ops write short");
    const wrong = await api.ask("POST", "/api/v1/reload", { headers: bearer(`${WRITE}y`) });
    expect([wrong.status, wrong.json.error]).toEqual([
      422,
      {
        code: "mistakes",
        message: expect.stringContaining("admin.tokenFile: line 1: expected a token of at least 128 bits"),
        mistakes: [expect.anything()],
      },
    ]);
    expect(wrong.text).not.toContain(path);
    expect(api.log.lines).toContainEqual([
      "error",
      "the tokens stay as they were",
      { reason: expect.stringContaining("128 bits") },
    ]);
    expect((await api.get(A, { headers: bearer(`${WRITE}y`) })).status).toBe(200);
  });

  test("a reload whose tokens are bad reloads nothing, and says so", async () => {
    const path = join(await ownFolder(), "tokens");
    await writeFile(path, TOKENS, { mode: 0o600 });
    await using api = await administered(adminFile(`tokenFile: "${path}"`));
    await writeFile(path, "ops write short");
    api.text = api.text.replace("name: b,", "name: c,");
    const refused = await api.ask("POST", "/api/v1/reload", { headers: bearer(WRITE) });
    expect([refused.status, refused.json.error.message]).toEqual([
      422,
      expect.stringContaining("nothing was reloaded"),
    ]);
    expect(api.overlay.entriesOf("p")?.map(({ name }) => name)).toEqual(["a", "b"]);
  });

  test("that is missing at a reload leaves the tokens as they were, and is not made", async () => {
    const path = join(await ownFolder(), "tokens");
    await writeFile(path, TOKENS, { mode: 0o600 });
    await using api = await administered(adminFile(`tokenFile: "${path}"`));
    await rm(path);
    await api.running.control.reload();
    expect((await api.ask("POST", "/api/v1/reload", { headers: bearer(WRITE) })).status).toBe(422);
    await expect(stat(path)).rejects.toThrow("ENOENT");
    expect((await api.get(A, { headers: bearer(READ) })).status).toBe(200);
  });

  test.each([
    ["", "at least one line"],
    ["ops admin 0123456789abcdefghijklmn", "name read|write token"],
    ["ops write 0123456789", "128 bits"],
    ["ops write 0123456789012345678901234567", "128 bits"],
    ["ops write aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "128 bits"],
    [`ops write ${WRITE}\nops read ${READ}`, "each name once"],
    ["\u0000\u0001", "name read|write token"],
  ])("that cannot be used prevents the start, and is not quoted: %j", async (text, expected) => {
    const path = join(await ownFolder(), "tokens");
    await writeFile(path, text, { mode: 0o600 });
    const started = administered(adminFile(`tokenFile: "${path}"`));
    await expect(started).rejects.toThrow(expected);
    await started.catch(({ message }) => expect(message).not.toMatch(/0123456789|aaaa/));
  });
});

test("a unix socket is open to its owner and its group, and Host is asked for there too", async () => {
  const path = join(await ownFolder(), "admin.sock");
  await using api = await administered(
    adminFile().replace('listen: "127.0.0.1:0" }', `listen: "unix:${path}" }`),
  );
  expect((await stat(path)).mode & 0o777).toBe(0o660);
  expect((await api.get("/health")).status).toBe(200);
  expect((await api.get("/health", { headers: { host: "evil.example" } })).status).toBe(421);
  await api.ask("PATCH", A, { body: weight });
  expect(api.audit.at(-1)).toMatchObject({ from: "unix", status: 200 });
});

function bearer(token: string): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${token}` };
}

async function withTokens(text: string, mode = 0o600): Promise<Administered> {
  const path = join(await ownFolder(), "tokens");
  await writeFile(path, text);
  await chmod(path, mode);
  return administered(adminFile(`tokenFile: "${path}"`));
}
