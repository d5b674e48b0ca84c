import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { dialPeer } from "../support/peer.ts";
import { run, start } from "../support/process.ts";
import { SteeredProcess } from "../support/steered-process.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "operate-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Two ping servers behind a balancer with an API. */
async function steeredPair(admin: object = {}) {
  const servers = start("servers/ping.js", "127.0.0.1", "0", "--count", "2");
  await eventually(() => expect(servers.stdout.match(/\n/g)).toHaveLength(2));
  const [a, b] = [...servers.stdout.matchAll(/listening on (\S+)/g)].map(([, address]) => address);
  const lb = await SteeredProcess.start({
    listeners: [{ name: "web", listen: "127.0.0.1:0", pool: "ping" }],
    pools: {
      ping: {
        backends: [
          { name: "a", address: a },
          { name: "b/c", address: b },
        ],
      },
    },
    admin,
  });
  return {
    lb,
    at: lb.api.replace("http://", ""),
    lbDoes: (...words: string[]) => run("lb.js", ...words, "--admin", lb.api.replace("http://", "")),
    async [Symbol.asyncDispose]() {
      await lb[Symbol.asyncDispose]();
      await servers[Symbol.asyncDispose]();
    },
  };
}

test("status says whether all is well, and how every backend is, in 80 columns without colours on a pipe", async () => {
  await using made = await steeredPair();
  const { code, stdout, stderr } = await made.lbDoes("status");
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^all is well\n\nping: round-robin, 0 sessions\n {2}backend/);
  expect(stdout).toMatch(/^ {2}b\/c +up +0 +0% +50% +1 +\S+$/m);
  expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).not.toContain("\u001b");
  const json = JSON.parse((await made.lbDoes("status", "--json")).stdout);
  expect(json.pools[0].backends.map(({ name }: { name: string }) => name)).toEqual(["a", "b/c"]);
});

test("what is not well stands in the first line, and beside its backend", async () => {
  await using made = await steeredPair();
  await made.lb.ask("POST", "/api/v1/pools/ping/backends", { name: "dead", address: "127.0.0.1:1" });
  for (const name of ["a", "b/c"]) expect((await made.lbDoes("drain", `ping/${name}`)).code).toBe(0);
  await eventually(async () =>
    expect((await made.lbDoes("status")).stdout).toMatch(/^ {2}dead +down .*connect/m),
  );
  const { stdout } = await made.lbDoes("status");
  expect(stdout).toMatch(/^degraded: the pool ping has no usable backend$/m);
  expect(stdout).toMatch(/^ {2}a +drain /m);
});

test("drain, maint, ready and weight say something of a backend, split at the first slash", async () => {
  await using made = await steeredPair();
  const states = async () => {
    const { pools } = JSON.parse((await made.lbDoes("status", "--json")).stdout);
    return pools[0].backends.map(({ administrative: { state, weight } }: never) => [
      (state as { value: string }).value,
      (weight as { value: number }).value,
    ]);
  };
  expect((await made.lbDoes("drain", "ping/b/c")).stdout).toBe("ping/b/c drains\n");
  expect((await made.lbDoes("maint", "ping/a")).stdout).toBe("ping/a is in maintenance\n");
  expect(await states()).toEqual([
    ["maint", 1],
    ["drain", 1],
  ]);
  expect((await made.lbDoes("ready", "ping/a")).stdout).toBe("ping/a is ready\n");
  expect((await made.lbDoes("weight", "ping/b/c", "7")).stdout).toBe("ping/b/c has the weight 7\n");
  expect(await states()).toEqual([
    ["ready", 1],
    ["drain", 7],
  ]);
});

describe("drain --wait", () => {
  test("ends when the last session has ended", async () => {
    await using made = await steeredPair();
    await made.lbDoes("drain", "ping/b/c");
    const peer = await dialPeer(made.lb.balancer.endpoint);
    peer.send("ping\n");
    await peer.bytes(5);
    await using waiting = start("lb.js", "drain", "ping/a", "--wait", "--admin", made.at);
    await eventually(async () => {
      const { pools } = (await made.lb.ask("GET", "/api/v1/status")).body as never as {
        pools: { backends: { administrative: { state: { value: string } } }[] }[];
      };
      expect(pools[0]?.backends[0]?.administrative.state.value).toBe("drain");
    });
    expect(waiting.stdout).toBe("");
    peer.finish();
    expect(await waiting.exit()).toMatchObject({ code: 0, stdout: "ping/a is drained\n" });
  });

  test("takes the sessions off it within a time", async () => {
    await using made = await steeredPair();
    await made.lbDoes("drain", "ping/b/c");
    const peer = await dialPeer(made.lb.balancer.endpoint);
    peer.send("ping\n");
    await peer.bytes(5);
    const { code, stdout } = await made.lbDoes("drain", "ping/a", "--within", "100ms", "--wait");
    expect([code, stdout]).toEqual([0, "ping/a is drained\n"]);
    await peer.outcome();
    peer.finish();
  });

  test("waits for the one address of a backend that is named by it", async () => {
    await using made = await steeredPair();
    await made.lbDoes("drain", "ping/b/c");
    const peer = await dialPeer(made.lb.balancer.endpoint);
    peer.send("ping\n");
    await peer.bytes(5);
    await using waiting = start("lb.js", "drain", "ping/a@127.0.0.1", "--wait", "--admin", made.at);
    await eventually(() => expect(made.lb.balancer.stdout.match(/PATCH/g)).toHaveLength(2));
    expect(waiting.stdout).toBe("");
    peer.finish();
    expect(await waiting.exit()).toMatchObject({ code: 0, stdout: "ping/a@127.0.0.1 is drained\n" });
  });

  test("fails where the backend is made ready meanwhile, and ends on Ctrl-C with 130", async () => {
    await using made = await steeredPair();
    await made.lbDoes("drain", "ping/b/c");
    const peer = await dialPeer(made.lb.balancer.endpoint);
    peer.send("ping\n");
    await peer.bytes(5);
    await using waiting = start("lb.js", "drain", "ping/a", "--wait", "--admin", made.at);
    await using other = start("lb.js", "drain", "ping/a", "--wait", "--admin", made.at);
    await eventually(() => expect(made.lb.balancer.stdout.match(/PATCH/g)?.length).toBeGreaterThan(2));
    other.signal("SIGINT");
    expect((await other.exit()).code).toBe(130);
    await made.lbDoes("ready", "ping/a");
    expect(await waiting.exit()).toMatchObject({ code: 1, stderr: "lb: ping/a was made ready meanwhile\n" });
    peer.finish();
  });
});

test("explain says why a session got its backend, and how to record where that was not; kill ends one", async () => {
  await using made = await steeredPair({ decisions: "always" });
  const peer = await dialPeer(made.lb.balancer.endpoint);
  peer.send("ping\n");
  await peer.bytes(5);
  const { sessions } = (await made.lb.ask("GET", "/api/v1/sessions")).body as { sessions: { id: string }[] };
  const id = sessions[0]?.id as string;
  expect((await made.lbDoes("explain", id)).stdout).toMatch(/^(a|b\/c): .+\n$/);
  expect((await made.lbDoes("kill", id)).stdout).toBe(`${id} is ended\n`);
  await peer.outcome();
  peer.finish();
  expect(await made.lbDoes("kill", "ffffff")).toMatchObject({ code: 1, stdout: "" });
  expect(await made.lbDoes("explain", "ffffff")).toMatchObject({ code: 1, stdout: "" });
});

test("a token comes from a file, alone or as a line of the balancer's own; without one it says what is missing", async () => {
  const tokens = join(folder, "admin.token");
  await using made = await steeredPair({ tokenFile: tokens });
  expect((await made.lbDoes("status", "--token-file", tokens)).code).toBe(0);
  const alone = join(folder, "alone.token");
  await writeFile(alone, ((await readFile(tokens, "utf8")).split(" ").at(-1) as string).trim());
  expect((await made.lbDoes("drain", "ping/a", "--token-file", alone)).code).toBe(0);
  const without = await made.lbDoes("status");
  expect(without.code).toBe(1);
  expect(without.stderr).toMatch(/^lb: expected Authorization.*--token-file names a file with one\n$/);
  expect((await made.lbDoes("status", "--token-file", join(folder, "none"))).stderr).toMatch(/none/);
});

describe("what is wrong is one line that says what to do", () => {
  test.each([
    [["drain"], 2, /drain expects POOL\/BACKEND/],
    [["weight", "ping/a"], 2, /weight expects a weight from 0 to 256/],
    [["kill"], 2, /kill expects the id of a session/],
    [["drain", "ping"], 2, /expected POOL\/BACKEND, got "ping"/],
    [["weight", "ping/a", "257"], 2, /from 0 to 256/],
    [["drain", "ping/a", "--within", "soon"], 2, /--within/],
    [["status", "--admin", "nowhere"], 2, /--admin: expected host:port/],
    [["status", "--nonsense"], 2, /nonsense/],
    [
      ["status", "--admin", "127.0.0.1:1"],
      1,
      /^lb: nothing listens on 127\.0\.0\.1:1: is admin configured\?/,
    ],
    [["status", "--admin", "unix:/no/such.sock"], 1, /^lb: nothing listens on unix:\/no\/such\.sock/],
  ] as const)("%j", async (words, code, message) => {
    const ended = await run("lb.js", ...words);
    expect([ended.code, ended.stdout]).toEqual([code, ""]);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("of a backend that there is not", async () => {
    await using made = await steeredPair();
    expect(await made.lbDoes("drain", "ping/x")).toMatchObject({
      code: 1,
      stderr: "lb: there is no backend x in a pool ping\n",
    });
  });

  test.each([
    ["nothing at all", "", /did not answer within 5 s/],
    ["another protocol", "220 mail ESMTP\r\n", /broke the answer off/],
    ["a page", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", /no JSON: is it the admin API\?/],
    ["half an answer", "HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{", /broke the answer off/],
  ])("of a server that answers %s", async (_what, answer, message) => {
    const server = createServer((socket) => {
      socket.on("error", () => {}).resume();
      if (answer !== "") socket.end(answer);
    });
    await using other = await listening(server);
    const ended = await run("lb.js", "status", "--admin", other.address);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(message);
  });
});

test.each(["status", "drain", "ready", "maint", "weight", "kill", "explain"])(
  "%s --help has three examples, and none of the balancer's own options",
  async (word) => {
    const { code, stdout } = await run("lb.js", word, "--help");
    expect(code).toBe(0);
    expect(
      stdout.match(/lb\.js (status|drain|ready|maint|weight|kill|explain) /g)?.length,
    ).toBeGreaterThanOrEqual(3);
    expect(stdout).not.toContain("--listen");
  },
);

async function listening(server: Server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
