import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { fileOf } from "../support/file-of.ts";
import { backend } from "../support/peer.ts";
import { adminFile, administered, sharedByAll, withStore } from "./administered.ts";

const BACKEND = "/api/v1/pools/p/backends/a";
const NEVER_LISTENS = "setInterval(() => {}, 1_000);";
const PATIENT = { timeout: 120_000 };

const shared = sharedByAll((folder) => withStore(adminFile(), folder));

// They wait for nearly all of their time, so that they can wait together.
test.concurrent(
  "a request that comes too slowly ends with 408: a head after 5 s, a body that drips after 10 s, nothing at all too",
  PATIENT,
  async () => {
    const { api } = shared;
    const before = api.said();
    const [silent, head, body] = await Promise.all([api.dial(), api.dial(), api.dial()]);
    head.send("GET /health HTTP/1.1\r\nHost: localhost\r\n");
    body.send(
      `PATCH ${BACKEND} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"weight":9}`,
    );
    const dripping = setInterval(() => body.send(" "), 500);
    const ends = [silent, head, body].map((peer) => peer.outcome());
    await Promise.all(ends).finally(() => clearInterval(dripping));
    for (const { text } of [silent, head, body]) {
      expect(text).toMatch(/^HTTP\/1.1 408 /);
      expect(JSON.parse(text.split("\r\n\r\n")[1] as string).error.code).toBe("too-slow");
    }
    expect(api.said()).toEqual(before);
  },
);

test.concurrent.each(["close", "http"])(
  "a task that no answer comes to within 10 s is 503, and its session is over, where refusals are by %s",
  PATIENT,
  async (refuse) => {
    await using server = await backend();
    const { port } = server.endpoint as { port: number };
    await using api =
      await administered(`listeners: [{ name: web, listen: "127.0.0.1:0", pool: p, refuse: ${refuse} }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:${port}" }] } }
admin: { listen: "127.0.0.1:0" }`);
    const body = { type: "generate_nth_fibonacci", n: 90 };
    const answer = await api.ask("POST", "/api/v1/tasks", { body, withinMs: 50_000 });
    expect([answer.status, answer.json.error.message]).toEqual([503, "no answer came within 10 s"]);
    await eventually(async () => expect((await api.get("/api/v1/sessions")).json.sessions).toEqual([]));
  },
);

test.concurrent(
  "a copy that does not answer its probe is started, and answered with 202 after 5 s",
  PATIENT,
  async () => {
    await using script = await fileOf(NEVER_LISTENS, "mute.cjs");
    const command = JSON.stringify([process.execPath, script.path, "{host}", "{port}"]);
    await using api = await administered(`listeners: [{ name: web, listen: "127.0.0.1:0", pool: p }]
pools: { p: { health: { interval: 100ms } } }
servers: { mute: { command: ${command}, pool: p, ports: 32005-32009, grace: 1s } }
admin: { listen: "127.0.0.1:0" }`);
    const asking = { body: { type: "mute" }, withinMs: 50_000 };
    const added = await api.ask("POST", "/api/private/addNewCopy", asking);
    expect([added.status, added.json]).toEqual([202, { type: "mute", n: 1, servers: ["mute-1"] }]);
    const { servers } = (await api.get("/api/v1/servers")).json;
    expect(servers).toMatchObject([{ name: "mute-1", state: "starting" }]);
  },
);
