import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parseEndpoint } from "#lb/core/address";
import { eventually } from "../support/eventually.ts";
import { dialPeer } from "../support/peer.ts";
import { type Administered, administered, ownFolder } from "./administered.ts";

const ALIAS = "src.server.resources:server";
const SERVERS = "/api/v1/servers";
const LISTENS = `require("node:net").createServer((s) => s.on("error", () => {}).end()).listen(process.argv[3], process.argv[2]);`;
const ECHOES = `require("node:net").createServer((s) => s.on("error", () => {}).pipe(s)).listen(process.argv[3], process.argv[2]);`;

let text: string;

beforeEach(async () => {
  const folder = await ownFolder();
  await writeFile(join(folder, "listens.cjs"), LISTENS);
  await writeFile(join(folder, "echo.cjs"), ECHOES);
  const command = (script: string) =>
    JSON.stringify([process.execPath, join(folder, script), "{host}", "{port}"]);
  text = `listeners: [{ name: web, listen: "127.0.0.1:0", pool: p }]
pools: { p: { health: { interval: 100ms } } }
servers:
  t: { command: ${command("listens.cjs")}, pool: p, ports: 32000-32004, aliases: ["${ALIAS}"], grace: 1s }
  echo: { command: ${command("echo.cjs")}, pool: p, ports: 32010-32014, grace: 1s }
admin: { listen: "127.0.0.1:0" }
`;
});

describe("copies of a server", () => {
  test("are started, found where Location says, become backends, and are stopped", async () => {
    await using api = await administered(text);
    const started = await api.ask("POST", SERVERS, { body: { template: "t", count: 2 } });
    expect([started.status, started.headers.location, started.json]).toEqual([
      201,
      `${SERVERS}/t-1`,
      { template: "t", servers: ["t-1", "t-2"] },
    ]);
    await statesBecome(api, { "t-1": "up", "t-2": "up" });
    const one = (await api.get(`${SERVERS}/t-1`)).json;
    expect(one).toMatchObject({ name: "t-1", template: "t", pool: "p", crashes: 0, pid: expect.any(Number) });
    const backend = (await api.get("/api/v1/pools/p/backends/t-1")).json;
    expect(backend).toMatchObject({ address: one.address, state: "ready" });
    const { templates } = (await api.get(SERVERS)).json;
    expect(templates).toEqual([
      { name: "t", pool: "p", aliases: [ALIAS] },
      { name: "echo", pool: "p", aliases: [] },
    ]);
    expect((await api.ask("DELETE", `${SERVERS}/t-1`)).status).toBe(204);
    await statesBecome(api, { "t-2": "up" });
    for (const method of ["GET", "DELETE"])
      expect((await api.ask(method, `${SERVERS}/t-1`)).json.error.code).toBe("not-found");
    expect(api.audit).toMatchObject([
      { what: `POST ${SERVERS}`, after: '{"copies":["t-1","t-2"]}' },
      { what: `DELETE ${SERVERS}/t-1`, before: '{"copies":["t-1"]}' },
      { what: `DELETE ${SERVERS}/t-1`, status: 404 },
    ]);
  });

  test("are steered as backends, and removed as copies alone", async () => {
    await using api = await administered(text);
    await api.ask("POST", "/api/private/addNewCopy", { body: { type: "t", n: 1 } });
    const backend = "/api/v1/pools/p/backends/t-1";
    expect((await api.ask("PATCH", backend, { body: { weight: 3 } })).json.weight).toBe(3);
    const removed = await api.ask("DELETE", backend);
    expect([removed.status, removed.json.error.code]).toEqual([409, "is-a-copy"]);
    expect((await api.get(backend)).status).toBe(200);
  });

  test("that are stopped have their sessions drained over their grace, and no operator is blamed", async () => {
    await using api = await administered(text);
    await api.ask("POST", "/api/private/addNewCopy", { body: { type: "echo", n: 1 } });
    const peers = await Promise.all([1, 2].map(() => dialPeer(listenerOf(api))));
    for (const peer of peers) {
      peer.send("x");
      await peer.bytes(1);
      void peer.outcome().then(() => peer.finish());
    }
    await api.ask("DELETE", `${SERVERS}/echo-1`);
    expect((await api.get(`${SERVERS}/echo-1`)).json.state).toBe("stopping");
    await statesBecome(api, {});
    const records = () => api.log.reported.flatMap((each) => (each.kind === "session" ? [each.record] : []));
    await eventually(() => expect(records().map(({ ending }) => ending)).toEqual(["drained", "drained"]));
    const [first, second] = records().map(({ durationMs }) => durationMs) as [number, number];
    expect(second - first).toBeGreaterThan(250);
    expect(JSON.stringify([api.log.lines, api.log.reported])).not.toContain("operator");
  });

  test("leave a backend of the file alone that has taken the name of one", async () => {
    await using api = await administered(text);
    await api.ask("POST", "/api/private/addNewCopy", { body: { type: "echo", n: 1 } });
    api.text = text.replace(
      "p: { health",
      'p: { backends: [{ name: echo-1, address: "127.0.0.1:9" }], health',
    );
    expect((await api.ask("POST", "/api/v1/reload")).status).toBe(200);
    await api.ask("DELETE", `${SERVERS}/echo-1`);
    await statesBecome(api, {});
    const { state } = (await api.get("/api/v1/status")).json.pools[0].backends[0].administrative;
    expect(state).toMatchObject({ value: "ready", source: "file" });
  });

  test("follow their template to another pool, where the old one is gone", async () => {
    await using api = await administered(text);
    await api.ask("POST", "/api/private/addNewCopy", { body: { type: "echo", n: 2 } });
    api.text = text.replaceAll("pool: p", "pool: q").replace("pools: { p:", "pools: { q:");
    expect((await api.ask("POST", "/api/v1/reload")).status).toBe(200);
    await statesBecome(api, { "echo-3": "up", "echo-4": "up" });
    const { backends } = (await api.get("/api/v1/pools/q/backends")).json;
    const names: string[] = backends.map(({ name }: { name: string }) => name);
    expect(names.toSorted()).toEqual(["echo-3", "echo-4"]);
  });

  test("are all started, or none where not all have a port: 409", async () => {
    await using api = await administered(text);
    const refused = await api.ask("POST", SERVERS, { body: { template: "t", count: 6 } });
    expect([refused.status, refused.json.error.code]).toEqual([409, "full"]);
    expect((await api.get(SERVERS)).json.servers).toEqual([]);
  });

  test("are of a template of the configuration alone: 404, and nothing of a program is taken", async () => {
    await using api = await administered(text);
    expect((await api.ask("POST", SERVERS, { body: { template: "sh" } })).status).toBe(404);
    for (const more of [{ command: ["sh"] }, { env: { PATH: "/tmp" } }, { args: [] }, { host: "0.0.0.0" }])
      expect((await api.ask("POST", SERVERS, { body: { template: "t", ...more } })).status).toBe(400);
    expect((await api.get(SERVERS)).json.servers).toEqual([]);
  });
});

describe("the paths of the reference system", () => {
  test("start copies by an alias, 201 once they are up, and stop the newest, and say how many", async () => {
    await using api = await administered(text);
    const added = await api.ask("POST", "/api/private/addNewCopy", { body: { type: ALIAS, n: 3 } });
    expect([added.status, added.json]).toEqual([201, { type: ALIAS, n: 3, servers: ["t-1", "t-2", "t-3"] }]);
    expect((await api.get(`${SERVERS}/t-3`)).json.state).toBe("up");
    const two = await api.ask("POST", "/api/private/DeleteCopy", { body: { type: ALIAS, n: 2 } });
    expect([two.status, two.json]).toEqual([200, { type: ALIAS, n: 2, servers: ["t-2", "t-3"] }]);
    await statesBecome(api, { "t-1": "up" });
    const rest = await api.ask("POST", "/api/private/DeleteCopy", { body: { type: ALIAS, n: 9 } });
    expect(rest.json).toEqual({ type: ALIAS, n: 1, servers: ["t-1"] });
    await statesBecome(api, {});
    const none = await api.ask("POST", "/api/private/DeleteCopy", { body: { type: ALIAS } });
    expect([none.status, none.json]).toEqual([200, { type: ALIAS, n: 0, servers: [] }]);
  });

  test("stop a copy once, also where it is asked for while it stops", async () => {
    await using api = await administered(text);
    await api.ask("POST", "/api/private/addNewCopy", { body: { type: "t", n: 2 } });
    const asked = [1, 2].map(() => api.ask("POST", "/api/private/DeleteCopy", { body: { type: "t", n: 1 } }));
    const stopped = (await Promise.all(asked)).flatMap(({ json }) => json.servers);
    expect(stopped.toSorted()).toEqual(["t-1", "t-2"]);
    await statesBecome(api, {});
  });
});

function listenerOf({ log }: Administered) {
  const found = log.lines.flatMap(([, message, fields]) => (message === "listening" ? [fields] : []));
  return parseEndpoint((found[0] as { readonly address: string }).address);
}

/** Resolves when there are these copies, and they are so. */
async function statesBecome(api: Administered, states: Readonly<Record<string, string>>): Promise<void> {
  const now = async () => {
    const { servers } = (await api.get(SERVERS)).json;
    return Object.fromEntries(servers.map(({ name, state }: Record<string, string>) => [name, state]));
  };
  await expect.poll(now, { timeout: 50_000 }).toEqual(states);
}
