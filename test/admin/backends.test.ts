import { describe, expect, test } from "vitest";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { type Administered, adminFile, administered } from "./administered.ts";

const A = "/api/v1/pools/p/backends/a";
const ALL = "/api/v1/pools/p/backends";

describe("a backend", () => {
  test("is said to be something else, until null gives the value back to the file", async () => {
    await using api = await administered(adminFile());
    const said = await api.ask("PATCH", A, { body: { state: "drain", weight: 3, maxConnections: 7 } });
    expect(said.status).toBe(200);
    expect(said.json).toMatchObject({ state: "drain", weight: 3, maxConnections: 7 });
    expect(said.json.from.weight.source).toBe("api");
    const back = await api.ask("PATCH", A, { body: { state: null, weight: null, maxConnections: "off" } });
    expect(back.json).toMatchObject({ state: "ready", weight: 1, maxConnections: "off" });
    expect(back.json.from).toMatchObject({ weight: { source: "file" }, maxConnections: { source: "api" } });
    expect((await api.get(A)).json).toEqual(back.json);
  });

  test("is added, found where Location says, and removed", async () => {
    await using api = await administered(adminFile());
    const added = await api.ask("POST", ALL, { body: { name: "c", address: "127.0.0.1:9003", weight: 2 } });
    expect([added.status, added.headers.location]).toEqual([201, `${ALL}/c`]);
    expect(added.json.members).toMatchObject([{ name: "c", address: "127.0.0.1:9003" }]);
    expect((await api.get(`${ALL}/c`)).json).toEqual(added.json);
    const { backends } = (await api.get(ALL)).json;
    expect(backends.map(({ name }: { name: string }) => name)).toEqual(["a", "b", "c"]);
    const removed = await api.ask("DELETE", `${ALL}/c?within=1s`);
    expect([removed.status, removed.text]).toEqual([204, ""]);
    expect((await api.get(`${ALL}/c`)).status).toBe(404);
  });

  test("that there is not is told as that, and so is its pool", async () => {
    await using api = await administered(adminFile());
    for (const method of ["GET", "PATCH", "DELETE"]) {
      const said = async (path: string) => {
        const answer = await api.ask(method, path, method === "PATCH" ? { body: { weight: 2 } } : {});
        return [answer.status, answer.json.error.message];
      };
      expect(await said(`${ALL}/none`)).toEqual([404, "there is no backend none in the pool p"]);
      expect(await said("/api/v1/pools/none/backends/a")).toEqual([404, "there is no pool none"]);
    }
  });

  test("is named in a path by its address, percent-encoded", async () => {
    await using api = await administered(adminFile());
    const added = await api.ask("POST", ALL, { body: { address: "[2001:db8::1]:80" } });
    expect(added.headers.location).toBe(`${ALL}/${encodeURIComponent("[2001:db8::1]:80")}`);
    expect((await api.get(`${ALL}/%5B2001:db8::1%5D:80`)).json.name).toBe("[2001:db8::1]:80");
    expect((await api.ask("DELETE", added.headers.location as string)).status).toBe(204);
  });

  test("on a unix socket is named by its path, in which each slash is encoded", async () => {
    await using api = await administered(
      adminFile().replace('name: a, address: "127.0.0.1:9001"', 'address: "unix:/tmp/a b%.sock"'),
    );
    const path = `${ALL}/${encodeURIComponent("unix:/tmp/a b%.sock")}`;
    expect((await api.get(path)).json.name).toBe("unix:/tmp/a b%.sock");
    expect((await api.ask("PATCH", path, { body: { weight: 2 } })).json.weight).toBe(2);
    expect((await api.get(path.replaceAll("%2F", "/"))).status).toBe(404);
  });

  test("is steered at one of its addresses as name@address, which keeps its own word", async () => {
    await using api = await administered(adminFile());
    const one = "a@127.0.0.1";
    const path = `${ALL}/${one}`;
    const said = await api.ask("PATCH", path, { body: { weight: 5 } });
    expect([said.status, said.json.name, said.json.weight]).toEqual([200, one, 5]);
    await api.ask("PATCH", A, { body: { weight: 2 } });
    expect((await api.get(path)).json.weight).toBe(5);
    expect((await api.get(A)).json.weight).toBe(2);
    expect((await api.ask("DELETE", path)).status).toBe(404);
  });

  test("has the same member by its entry and by its entry at that one's address, with what is wanted of it", async () => {
    await using api = await administered(adminFile());
    const said = await api.ask("PATCH", `${ALL}/a@127.0.0.1`, { body: { state: "drain" } });
    expect(said.json.members).toMatchObject([{ name: "a", address: "127.0.0.1:9001", state: "drain" }]);
    const { state, members } = (await api.get(A)).json;
    expect([state, members]).toEqual(["ready", said.json.members]);
    expect((await api.get(`${ALL}/a@127.0.0.2`)).json.members).toEqual([]);
  });

  test("is added once, and one of the file is not removed", async () => {
    await using api = await administered(adminFile());
    const twice = await api.ask("POST", ALL, { body: { name: "a", address: "127.0.0.1:9003" } });
    expect([twice.status, twice.json.error.code]).toEqual([409, "exists"]);
    const removed = await api.ask("DELETE", A);
    expect([removed.status, removed.json.error.code]).toEqual([409, "of-the-file"]);
  });

  test("has a tag over what was said, which live numbers do not move and each word does", async () => {
    // Both refuse it: such ports no program has by chance.
    await using api = await administered(adminFile().replaceAll("127.0.0.1:900", "127.0.0.1:"));
    const first = (await api.get(A)).headers.etag as string;
    expect((await api.get("/getInfo")).status).toBe(503);
    const before = await api.get(A);
    expect(before.json.members[0].failed).toBe(1);
    expect(before.headers.etag).toBe(first);
    const headers = { "if-match": first };
    const changed = await api.ask("PATCH", A, { headers, body: { weight: 2 } });
    expect(changed.status).toBe(200);
    expect(changed.headers.etag).not.toBe(first);
    const late = await api.ask("PATCH", A, { headers, body: { weight: 5 } });
    expect([late.status, late.json.error.code]).toEqual([412, "changed"]);
    expect((await api.get(A)).json.weight).toBe(2);
    const any = await api.ask("PATCH", A, { headers: { "if-match": "*" }, body: { weight: 5 } });
    expect(any.status).toBe(200);
  });

  test("is told to drain within a time, and that is told only beside drain", async () => {
    await using api = await administered(adminFile());
    const drained = await api.ask("PATCH", A, { body: { state: "drain", within: "1s" } });
    expect(drained.json.state).toBe("drain");
    const alone = await api.ask("PATCH", A, { body: { weight: 1, within: "1s" } });
    expect(alone.status).toBe(400);
    expect(alone.json.error.message).toBe("body.within: expected only beside state drain");
    const nothing = await api.ask("PATCH", A, { body: {} });
    expect(nothing.json.error.message).toBe(
      "body: expected state, weight or maxConnections, got none of them",
    );
  });
});

describe("a backend that would be one of our own listeners", () => {
  const ways: readonly [string, (port: number) => string][] = [
    ["by its address", (port) => `127.0.0.1:${port}`],
    ["by a wildcard", (port) => `0.0.0.0:${port}`],
    ["by the address that IPv6 maps", (port) => `[::ffff:127.0.0.1]:${port}`],
    ["by localhost", (port) => `localhost:${port}`],
  ];

  test("is not added where the API listens by a name", async () => {
    await using api = await administered(adminFile().replace(/(?<=admin: { listen: ")[\d.]+/, "localhost"));
    const { port } = api.endpoint as Endpoint & { readonly kind: "tcp" };
    const refused = await api.ask("POST", ALL, { body: { name: "loop", address: `127.0.0.1:${port}` } });
    expect([refused.status, refused.json.error.code]).toEqual([400, "invalid"]);
  });

  test.each(ways)("is not added: %s, of a listener or of the API", async (_, spelled) => {
    await using api = await administered(adminFile());
    for (const port of await portsOf(api)) {
      const refused = await api.ask("POST", ALL, { body: { name: "loop", address: spelled(port) } });
      expect(refused.status).toBe(400);
      expect(refused.json.error.message).toContain("none of our own listeners");
    }
    expect((await api.get(`${ALL}/loop`)).status).toBe(404);
  });

  test("is not added by another address of this machine, where a listener has all of them", async () => {
    await using api = await administered(adminFile().replace('"127.0.0.1:0", pool', '"[::]:0", pool'));
    const [port] = await portsOf(api);
    for (const address of [`127.9.9.9:${port}`, `[::1]:${port}`, `[::]:${port}`])
      expect((await api.ask("POST", ALL, { body: { name: "loop", address } })).status).toBe(400);
  });
});

describe("admin.backends", () => {
  test("says where backends of the API may be; a name may lead anywhere, and a path is nowhere", async () => {
    await using api = await administered(adminFile("backends: [10.0.0.0/8]"));
    for (const address of ["192.0.2.1:80", "web.example:80", "unix:/run/docker.sock", "[::1]:80"]) {
      const refused = await api.ask("POST", ALL, { body: { name: "x", address } });
      expect(refused.status).toBe(400);
      expect(refused.json.error.message).toContain("within admin.backends (10.0.0.0/8)");
    }
    expect((await api.ask("POST", ALL, { body: { name: "x", address: "10.1.2.3:80" } })).status).toBe(201);
  });

  test("allows no path where it allows every address", async () => {
    await using api = await administered(adminFile());
    const refused = await api.ask("POST", ALL, { body: { name: "x", address: "unix:/run/docker.sock" } });
    expect(refused.status).toBe(400);
  });
});

test("a pool is rebalanced, and one that there is not is 404", async () => {
  await using api = await administered(adminFile());
  const told = await api.ask("POST", "/api/v1/pools/p/rebalance", { body: { share: "20%" } });
  expect([told.status, told.json]).toEqual([200, { pool: "p", share: 0.2, withinMs: 60_000 }]);
  const unknown = await api.ask("POST", "/api/v1/pools/q/rebalance", { body: { share: "20%" } });
  expect(unknown.status).toBe(404);
});

/** Of the listener, and of the API itself. */
async function portsOf(api: Administered): Promise<number[]> {
  const { json } = await api.get("/api/v1/status");
  const addresses: string[] = [json.listeners[0].address, formatEndpoint(api.endpoint)];
  return addresses.map((address) => Number(address.split(":").at(-1)));
}
