import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseEndpoint } from "#lb/core/address";
import { freePort } from "../support/free-port.ts";
import { backend, dialPeer, echo } from "../support/peer.ts";
import { adminFile, administered, ownFolder } from "./administered.ts";

describe("the health", () => {
  test("is ok, and degraded with what is wrong; both are 200", async () => {
    await using api = await administered(adminFile());
    expect((await api.get("/health")).json).toEqual({ status: "ok", reasons: [] });
    for (const name of ["a", "b"])
      await api.ask("PATCH", `/api/v1/pools/p/backends/${name}`, { body: { state: "maint" } });
    const degraded = await api.get("/health");
    expect([degraded.status, degraded.json]).toEqual([
      200,
      { status: "degraded", reasons: ["the pool p has no usable backend"] },
    ]);
  });

  test("is 503 while the balancer stops, when only sessions may still be ended", async () => {
    await using server = await backend(echo);
    const { port } = server.endpoint as { port: number };
    await using api = await administered(
      adminFile()
        .replace("127.0.0.1:9001", `127.0.0.1:${port}`)
        .replace("127.0.0.1:9002", `127.0.0.1:${port}`),
    );
    const { listeners } = (await api.get("/api/v1/status")).json;
    const client = await dialPeer(parseEndpoint(listeners[0].address));
    client.send("x");
    await client.bytes(1);
    const closing = api.running.close(Infinity);
    await expect.poll(async () => (await api.get("/health")).status, { timeout: 50_000 }).toBe(503);
    const refused = await api.ask("PATCH", "/api/v1/pools/p/backends/a", { body: { weight: 2 } });
    expect([refused.status, refused.json.error.code]).toEqual([503, "stopping"]);
    const { sessions } = (await api.get("/api/v1/sessions")).json;
    expect(sessions).toMatchObject([{ listener: "web", pool: "p", bytesIn: 1 }]);
    expect((await api.get(`/api/v1/sessions/${sessions[0].id}`)).json.id).toBe(sessions[0].id);
    expect((await api.ask("DELETE", `/api/v1/sessions/${sessions[0].id}`)).status).toBe(204);
    await closing;
    expect(await client.outcome()).toBe("end");
  });
});

describe("events", () => {
  test("are the status, at once and then each second", async () => {
    await using api = await administered(adminFile());
    const reader = await api.dial();
    reader.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await expect.poll(() => events(reader.text).length, { timeout: 50_000 }).toBeGreaterThanOrEqual(2);
    expect(reader.text).toContain("content-type: text/event-stream");
    expect(JSON.parse(events(reader.text)[1] as string).pools[0].name).toBe("p");
    reader.reset();
  });

  test("have at most 32 readers, and room again when one leaves", async () => {
    await using api = await administered(adminFile());
    const readers = await Promise.all(Array.from({ length: 32 }, () => api.dial()));
    for (const reader of readers) reader.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await Promise.all(readers.map((reader) => reader.bytes(100)));
    const late = await api.get("/api/v1/events");
    expect([late.status, late.json.error.code]).toEqual([429, "too-many"]);
    readers[0]?.reset();
    const again = await api.dial();
    await expect
      .poll(async () => {
        again.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return again.text.includes("text/event-stream");
      })
      .toBe(true);
    for (const reader of [...readers, again]) reader.reset();
  });
});

test("the end does not wait for readers of events, for wrong tokens that wait, or for connections that are kept", async () => {
  const tokens = join(await ownFolder(), "tokens");
  const token = "0123456789abcdefghijklmn";
  await writeFile(tokens, `ops write ${token}`, { mode: 0o600 });
  const api = await administered(adminFile(`tokenFile: "${tokens}"`));
  const [events, late, kept] = await Promise.all([api.dial(), api.dial(), api.dial()]);
  const asking = (path: string, secret: string) =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${secret}\r\n\r\n`;
  events.send(asking("/api/v1/events", token));
  kept.send(asking("/health", token));
  await Promise.all([events.bytes(500), kept.bytes(100)]);
  for (let time = 0; time < 4; time += 1) late.send(asking("/api/v1/status", "wrong"));
  await api[Symbol.asyncDispose]();
  await Promise.all([events, late, kept].map((peer) => peer.outcome()));
  expect(late.text).not.toContain("200");
});

test("metrics are written as they are asked for", async () => {
  await using api = await administered(adminFile());
  const plain = await api.get("/metrics");
  expect([plain.status, plain.headers["content-type"]]).toEqual([200, expect.stringContaining("text/plain")]);
  expect(plain.text).toContain("lb_");
});

describe("the configuration", () => {
  test("is checked as text, YAML or JSON, and comes back with every default and without what the environment has", async () => {
    process.env.ADMIN_TEST_SECRET = "hunter2";
    await using api = await administered(adminFile());
    const text = `${adminFile()}store: { kind: postgres, url: "postgres://u:\${ADMIN_TEST_SECRET}@db/x" }`;
    for (const [type, body] of [
      ["application/yaml", text],
      ["application/json", '{"listeners":[{"listen":"127.0.0.1:1","pool":"p"}],"pools":{"p":{}}}'],
    ] as const) {
      const checked = await api.ask("POST", "/api/v1/config/check", {
        headers: { "content-type": type },
        body,
      });
      expect(checked.status).toBe(200);
      expect(checked.json.effective).toContain("algorithm: round-robin");
      expect(checked.text).not.toContain("hunter2");
    }
    const wrong = await api.ask("POST", "/api/v1/config/check", {
      headers: { "content-type": "text/yaml" },
      body: text.replace("pool: p", 'pool: "${ADMIN_TEST_SECRET}"'),
    });
    expect([wrong.status, wrong.json.error.code]).toEqual([422, "mistakes"]);
    expect(wrong.json.error.mistakes[0]).toMatchObject({ line: 1, path: "listeners[0].pool" });
    expect(wrong.text).not.toContain("hunter2");
  });

  test("is checked up to 1 MiB, and nothing of another kind", async () => {
    await using api = await administered(adminFile());
    const headers = { "content-type": "application/yaml" };
    const large = await api.ask("POST", "/api/v1/config/check", {
      headers,
      body: `${adminFile()}#${"x".repeat(500_000)}`,
    });
    expect(large.status).toBe(200);
    const larger = await api.ask("POST", "/api/v1/config/check", {
      headers,
      body: "#".repeat(1024 * 1024 + 1),
    });
    expect([larger.status, larger.json.error.code]).toEqual([413, "too-large"]);
    const other = await api.ask("POST", "/api/v1/config/check", {
      headers: { "content-type": "text/plain" },
      body: adminFile(),
    });
    expect(other.status).toBe(415);
  });

  test("is checked twice at once, and no more: 429", async () => {
    await using api = await administered(adminFile());
    const asked = Array.from({ length: 6 }, () =>
      api.ask("POST", "/api/v1/config/check", {
        headers: { "content-type": "application/yaml" },
        body: adminFile(),
      }),
    );
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([200, 200, 429, 429, 429, 429]);
  });

  test("says by whom the API is called from the next request on; where it listens and its tokens are for the next start", async () => {
    await using api = await administered(adminFile());
    const headers = { host: "lb.example.com" };
    expect((await api.get("/health", { headers })).status).toBe(421);
    const port = await freePort();
    api.text = adminFile("hosts: [lb.example.com], backends: [10.0.0.0/8]")
      .replace('admin: { listen: "127.0.0.1:0"', `admin: { listen: "127.0.0.1:${port}"`)
      .replace("name: b, ", "name: c, ");
    expect((await api.ask("POST", "/api/v1/reload")).json.result).toBe("applied");
    expect((await api.get("/health", { headers })).status).toBe(200);
    const outside = { name: "x", address: "192.0.2.1:80" };
    const refused = await api.ask("POST", "/api/v1/pools/p/backends", { body: outside });
    expect(refused.json.error.message).toContain("within admin.backends (10.0.0.0/8)");
    expect(JSON.stringify(api.log.lines)).toContain("admin.listen");
    api.text = adminFile().replace(/admin: .*\n/, "");
    expect((await api.ask("POST", "/api/v1/reload")).status).toBe(200);
    expect((await api.get("/health")).status).toBe(200);
  });

  test("is read again, and refused with all its mistakes", async () => {
    await using api = await administered(adminFile());
    expect((await api.ask("POST", "/api/v1/reload")).json).toEqual({ result: "unchanged", changes: [] });
    api.text = adminFile().replace("name: b, ", "name: c, ");
    const applied = await api.ask("POST", "/api/v1/reload");
    expect([applied.status, applied.json.result]).toEqual([200, "applied"]);
    api.text = "listeners: 3";
    const refused = await api.ask("POST", "/api/v1/reload");
    expect([refused.status, refused.json.error.mistakes.length]).toEqual([422, 2]);
    expect(api.overlay.entriesOf("p")?.map(({ name }) => name)).toEqual(["a", "c"]);
  });

  test("that was not read from a file cannot be read again: 409", async () => {
    await using api = await administered(adminFile(), { hasFile: false });
    const refused = await api.ask("POST", "/api/v1/reload");
    expect([refused.status, refused.json.error.code]).toEqual([409, "no-file"]);
  });
});

/** The data of each event in a text. */
function events(text: string): string[] {
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => data as string);
}
