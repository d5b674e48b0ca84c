import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { backend, type Peer, type TestBackend } from "../support/peer.ts";
import { administered, ownFolder } from "./administered.ts";

const TASK = { type: "generate_nth_fibonacci", n: 90 };
const VALUE = "2880067194370816120";

describe("a task", () => {
  test("goes over HTTP where the listener refuses by HTTP, and getInfo is what GET / answers", async () => {
    await using server = await web((head) => ({
      status: 200,
      json: head.startsWith("GET / ")
        ? { message: "necessary info", port: "1" }
        : { value: VALUE, server: "w", ms: 1 },
    }));
    await using api = await administered(file(server, "refuse: http"));
    const done = await api.ask("POST", "/api/v1/tasks", { body: TASK });
    expect([done.status, done.json]).toEqual([200, { value: VALUE, server: "w", ms: expect.any(Number) }]);
    expect(server.peers[0]?.text).toMatch(/^POST \/tasks HTTP\/1\.1\r\n/);
    expect(server.peers[0]?.text).toContain(JSON.stringify(TASK));
    const info = await api.get("/getInfo");
    expect([info.status, info.json]).toEqual([200, { message: "necessary info", port: "1" }]);
  });

  test("goes as a line elsewhere, by the path of the reference system too", async () => {
    await using server = await lines((line) => `ok ${VALUE} ${line.split(" ")[0]}`);
    await using api = await administered(file(server, ""));
    const done = await api.ask("POST", "/api/private/sendTask", { body: TASK });
    expect(done.json).toEqual({ value: VALUE, server: "fibonacci", ms: expect.any(Number) });
    const factorial = await api.ask("POST", "/api/v1/tasks", {
      body: { type: "generate_n_factorial", n: 5 },
    });
    expect(factorial.json.server).toBe("factorial");
    const large = await api.ask("POST", "/api/v1/tasks", {
      body: { type: "generate_n_factorial", n: 5_001 },
    });
    expect(large.json.error.message).toContain("body.n: expected a whole number from 0 to 5000");
  });

  test.each(["0.0.0.0:0", "[::]:0", "[::1]:0"])("finds a listener on %s by its real port", async (listen) => {
    await using server = await lines(() => `ok ${VALUE} s`);
    await using api = await administered(
      file(server, "").replace('"127.0.0.1:0", pool', `"${listen}", pool`),
    );
    expect((await api.ask("POST", "/api/v1/tasks", { body: TASK })).status).toBe(200);
  });

  test("goes through the listener that admin.tasks names, in the protocol that it says", async () => {
    await using server = await lines(() => `ok ${VALUE} s`);
    const other = `{ name: other, listen: "127.0.0.1:0", pool: q, refuse: http }`;
    const text = file(server, "")
      .replace("listeners: [", `listeners: [${other}, `)
      .replace("pools: {", "pools: { q: {},")
      .replace('127.0.0.1:0" }', '127.0.0.1:0", tasks: { listener: web, protocol: line } }');
    await using api = await administered(text);
    expect((await api.ask("POST", "/api/v1/tasks", { body: TASK })).status).toBe(200);
  });

  test("has a PROXY header that names no client where the listener wants one", async () => {
    await using server = await lines(() => `ok ${VALUE} s`);
    await using api = await administered(file(server, "acceptProxy: { from: [127.0.0.0/8] }"));
    expect((await api.ask("POST", "/api/v1/tasks", { body: TASK })).status).toBe(200);
  });

  test.each(["refuse: http", "refuse: line"])(
    "that is refused is 429 or 503, with the balancer's word: %s",
    async (refuse) => {
      await using server = await lines(() => "");
      const protocol = refuse === "refuse: http" ? "http" : "line";
      const clients = "clients: { default: { capacity: 1, ratePerSec: 0.001 } }";
      const limited = file(server, `${refuse}, rateLimit: true`, clients);
      const text = limited.replace('127.0.0.1:0" }', `127.0.0.1:0", tasks: { protocol: ${protocol} } }`);
      await using api = await administered(text);
      await api.running.control.steering.setBackend("p", "a", { state: "maint" });
      const none = await api.ask("POST", "/api/v1/tasks", { body: TASK });
      expect([none.status, none.json.error.code]).toEqual([503, "no-backend"]);
      const limit = await api.ask("POST", "/api/v1/tasks", { body: TASK });
      expect([limit.status, limit.json.error.code]).toEqual([429, "rate-limited"]);
    },
  );

  test("goes to a listener on a unix socket, with a PROXY header where that wants one", async () => {
    await using server = await lines(() => `ok ${VALUE} s`);
    for (const more of ["", "acceptProxy: { from: [unix] }"]) {
      const listen = `unix:${join(await ownFolder(), "web.sock")}`;
      await using api = await administered(
        file(server, more).replace('127.0.0.1:0", pool', `${listen}", pool`),
      );
      expect((await api.ask("POST", "/api/v1/tasks", { body: TASK })).status).toBe(200);
    }
  });

  test("is a client as any other: its session is recorded and counted", async () => {
    await using server = await lines(() => `ok ${VALUE} s`);
    await using api = await administered(file(server, ""));
    await api.ask("POST", "/api/v1/tasks", { body: TASK });
    await expect.poll(() => api.log.reported.length, { timeout: 50_000 }).toBe(1);
    expect(api.log.reported[0]).toMatchObject({ record: { listener: "web", backend: "a", ending: "done" } });
  });

  test("whose listener is gone is 503", async () => {
    await using server = await lines(() => `ok ${VALUE} s`);
    const listen = join(await ownFolder(), "web.sock");
    await using api = await administered(
      file(server, "").replace('127.0.0.1:0", pool', `unix:${listen}", pool`),
    );
    await rm(listen);
    const lost = await api.ask("POST", "/api/v1/tasks", { body: TASK });
    expect([lost.status, lost.json.error.message]).toEqual([
      503,
      expect.stringContaining("the listener web cannot be reached"),
    ]);
  });

  test("that is closed without an answer is 503", async () => {
    await using server = await backend((peer) => peer.socket.once("data", () => peer.reset()));
    for (const refuse of ["", "refuse: http"]) {
      await using api = await administered(file(server, refuse));
      const closed = await api.ask("POST", "/api/v1/tasks", { body: TASK });
      expect([closed.status, closed.json.error.message]).toEqual([
        503,
        "the session ended without an answer",
      ]);
    }
  });

  test("that is answered by a change of protocol is 502, and its session is over", async () => {
    await using server = await backend((peer) =>
      peer.socket.once("data", () =>
        peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
      ),
    );
    await using api = await administered(file(server, "refuse: http"));
    for (const asked of [api.get("/getInfo"), api.ask("POST", "/api/v1/tasks", { body: TASK })]) {
      const { status, json } = await asked;
      expect([status, json.error.code]).toEqual([502, "bad-answer"]);
    }
    await expect
      .poll(async () => (await api.get("/api/v1/sessions")).json.sessions, { timeout: 50_000 })
      .toEqual([]);
  });

  test.each([
    ["reset", "Content-Length: 50\r\n\r\n{", (peer: Peer) => peer.reset()],
    ["a FIN", "Content-Length: 50\r\n\r\n{", (peer: Peer) => peer.finish()],
    ["a chunk that is none", "Transfer-Encoding: chunked\r\n\r\nzz\r\n", () => {}],
  ])("whose answer is broken off by %s is 502 or 503, and no defect", async (_how, part, breakOff) => {
    await using server = await backend((peer) =>
      peer.socket.once("data", () => {
        peer.send(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${part}`);
        // Behind what was sent.
        setImmediate(() => breakOff(peer));
      }),
    );
    await using api = await administered(file(server, "refuse: http"));
    const { status } = await api.get("/getInfo");
    expect([502, 503]).toContain(status);
    expect(api.log.lines.filter(([level]) => level === "error")).toEqual([]);
  });

  test("that is answered by something else is 502, and no word of that reaches a browser as a page", async () => {
    await using server = await backend((peer) =>
      peer.socket.once("data", () => {
        peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n<script>");
        peer.finish();
      }),
    );
    for (const refuse of ["", "refuse: http"]) {
      await using api = await administered(file(server, refuse));
      const wrong = await api.ask("POST", "/api/v1/tasks", { body: TASK });
      expect([wrong.status, wrong.headers["content-type"]]).toEqual([502, "application/json; charset=utf-8"]);
      expect(wrong.text).not.toContain("<script>");
    }
    await using api = await administered(file(server, "refuse: http"));
    expect((await api.get("/getInfo")).status).toBe(502);
  });
});

function file({ endpoint }: TestBackend, listener: string, more = ""): string {
  const { port } = endpoint as { port: number };
  return `listeners: [{ name: web, listen: "127.0.0.1:0", pool: p${listener === "" ? "" : `, ${listener}`} }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:${port}" }] } }
admin: { listen: "127.0.0.1:0" }
${more}`;
}

/** Answers each line with another, and finishes with its client. */
function lines(answer: (line: string) => string): Promise<TestBackend> {
  return backend((peer) => {
    peer.socket.on("data", (chunk) => peer.send(`${answer(String(chunk).trim())}\n`));
    peer.socket.on("end", () => peer.finish());
  });
}

/** Answers each request, once its head and its body have come. */
function web(
  answer: (head: string) => { readonly status: number; readonly json: unknown },
): Promise<TestBackend> {
  const look = (peer: Peer) => {
    const [head = "", body] = peer.text.split("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (body === undefined || body.length < length) return;
    const { status, json } = answer(head);
    const text = JSON.stringify(json);
    peer.send(
      `HTTP/1.1 ${status} X\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    );
    peer.finish();
  };
  return backend((peer) => void peer.socket.on("data", () => look(peer)));
}
