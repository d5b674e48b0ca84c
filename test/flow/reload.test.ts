import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { type BalancerProcess, balancerProcess, configuredBalancer } from "../support/balancer-process.ts";
import { eventually } from "../support/eventually.ts";
import { fileOf } from "../support/file-of.ts";
import { politeFleet } from "../support/fleet.ts";
import { backend, dialPeer, echo } from "../support/peer.ts";

test("serves every client through one reload after the other", async () => {
  await using servers = await politeFleet("a", "b", "c");
  await using file = await fileOf(config(servers.members));
  await using balancer = await configuredBalancer(file.path);
  const reloads = Array.from({ length: 5 }, (_, n) => servers.members.filter((_member, at) => at !== n % 3));
  let served = "";
  for (let i = 0; i < 50; i++) {
    const members = i % 10 === 5 ? reloads.pop() : undefined;
    if (members !== undefined) await file.replace(config(members, { connect: `${i}s` }));
    if (members !== undefined) balancer.signal("SIGHUP");
    served += await greeting(balancer.endpoint);
    if (members !== undefined) await reloaded(balancer, 5 - reloads.length);
  }
  expect(served).toMatch(/^[abc]{50}$/);
  balancer.signal("SIGTERM");
  expect(await balancer.exit()).toMatchObject({ code: 0, stderr: "" });
  expect(balancer.records.map(({ ending }) => ending)).toEqual(Array(50).fill("done"));
  expect(balancer.stdout.match(/"msg":"listening"/g)).toHaveLength(1);
  expect(balancer.stdout).not.toContain('"level":"error"');
});

test("a backend that is taken out of the file keeps its sessions, gets no new ones, and is said to be empty", async () => {
  await using old = await backend(echo);
  await using servers = await politeFleet("n");
  await using file = await fileOf(config([{ name: "old", endpoint: old.endpoint }]));
  await using balancer = await configuredBalancer(file.path);
  const kept = await dialPeer(balancer.endpoint);
  kept.send("one");
  await kept.bytes(3);
  await file.replace(config(servers.members));
  await hangup(balancer);
  expect(await greeting(balancer.endpoint)).toBe("n");
  kept.send("two");
  expect((await kept.bytes(6)).toString()).toBe("onetwo");
  expect(balancer.stdout).not.toContain("backend drained");
  kept.finish();
  expect(await kept.outcome()).toBe("end");
  const address = formatEndpoint(old.endpoint);
  await balancer.line(
    new RegExp(
      `"pool":"p","backend":"old","address":"${address}","took":"\\d+\\.\\ds","tookMs":\\d+,"msg":"backend drained"`,
    ),
  );
});

test("says what has changed, and that nothing has", async () => {
  await using servers = await politeFleet("a", "b");
  await using file = await fileOf(config(servers.members));
  await using balancer = await configuredBalancer(file.path);
  await hangup(balancer);
  await balancer.line(/"changes":\[\],"msg":"reloaded, nothing changed"/);
  await file.replace(config(servers.members.slice(1), { connect: "7s" }));
  balancer.signal("SIGHUP");
  const [, changes] = await balancer.line(/"changes":(\[.+\]),"msg":"reloaded"/);
  expect(JSON.parse(changes as string)).toEqual([
    "pools.p.timeouts.connect: 2s → 7s",
    "pools.p.backends.a: removed",
  ]);
});

test("writes its log in the format that the file names by now", async () => {
  await using servers = await politeFleet("a");
  await using file = await fileOf(config(servers.members));
  await using balancer = await configuredBalancer(file.path);
  await file.replace(config(servers.members, { format: "pretty" }));
  balancer.signal("SIGHUP");
  await balancer.line(/^\[[\d:.]+\] INFO: reloaded \{"changes":\["log\.format: auto → pretty"\]\}$/);
  await file.replace(config(servers.members, { format: "json" }));
  balancer.signal("SIGHUP");
  await balancer.line(/"changes":\["log\.format: pretty → json"\],"msg":"reloaded"/);
});

test("a listener that is added is announced and serves, and one that is removed serves nobody", async () => {
  await using servers = await politeFleet("a");
  await using file = await fileOf(config(servers.members));
  await using balancer = await configuredBalancer(file.path);
  const before = balancer.endpoint;
  await file.replace(config(servers.members, { name: "other", host: "127.0.0.2" }));
  balancer.signal("SIGHUP");
  const [, port] = await balancer.line(/"listener":"other","address":"127\.0\.0\.2:(\d+)","msg":"listening"/);
  expect(await greeting({ kind: "tcp", host: "127.0.0.2", port: Number(port) })).toBe("a");
  await expect(dialPeer(before)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a bad file is reported with all its mistakes, and the old configuration serves on", async () => {
  await using servers = await politeFleet("a");
  await using file = await fileOf(config(servers.members));
  await using balancer = await configuredBalancer(file.path);
  await file.replace("listeners: []\npools: { p: { algorithm: fastest } }\n");
  balancer.signal("SIGHUP");
  const [, reason] = await balancer.line(
    /"level":"error".*"reason":"(.+)","msg":"reload refused, the old configuration serves on"/,
  );
  for (const mistake of [":1: listeners: expected", ":2: pools.p.algorithm: expected"])
    expect(reason).toContain(mistake);
  expect(await greeting(balancer.endpoint)).toBe("a");
  await file.replace(config(servers.members));
  await hangup(balancer);
  expect(await greeting(balancer.endpoint)).toBe("a");
});

test("a port that is taken is reported, and the old configuration serves on", async () => {
  await using servers = await politeFleet("a", "b");
  await using file = await fileOf(config(servers.members.slice(0, 1)));
  await using balancer = await configuredBalancer(file.path);
  const taken = formatEndpoint(servers.members[1]?.endpoint as Endpoint);
  await file.replace(config(servers.members.slice(0, 1)).replace("127.0.0.1:0", taken));
  balancer.signal("SIGHUP");
  const [, reason] = await balancer.line(/"reason":"(.+)","msg":"reload refused/);
  expect(reason).toMatch(new RegExp(`^listener web: ${taken} is taken; `));
  expect(await greeting(balancer.endpoint)).toBe("a");
});

test("an address that overlaps one of its own is reported with who holds it, and the old configuration serves on", async () => {
  await using servers = await politeFleet("a");
  await using file = await fileOf(config(servers.members));
  await using balancer = await configuredBalancer(file.path);
  const own = formatEndpoint(balancer.endpoint);
  const wider = own.replace("127.0.0.1", "0.0.0.0");
  await file.replace(config(servers.members).replace("127.0.0.1:0", wider));
  balancer.signal("SIGHUP");
  const [, reason] = await balancer.line(/"reason":"(.+)","msg":"reload refused/);
  expect(reason).toMatch(
    new RegExp(
      `^listener web: ${wider} is held by the running listener web on ${own}: .* in a reload before this one`,
    ),
  );
  expect(await greeting(balancer.endpoint)).toBe("a");
});

test("with --watch a file is applied as it is saved, and a bad one is reported", async () => {
  await using servers = await politeFleet("a", "b");
  await using file = await fileOf(config(servers.members.slice(0, 1)));
  await using balancer = await configuredBalancer(file.path, {}, "--watch");
  expect(await greeting(balancer.endpoint)).toBe("a");
  await file.replace(config(servers.members.slice(1)));
  await reloaded(balancer, 1);
  expect(await greeting(balancer.endpoint)).toBe("b");
  await file.replace("listeners: [");
  await balancer.line(/"msg":"reload refused/);
  expect(await greeting(balancer.endpoint)).toBe("b");
  await file.replace(config(servers.members.slice(0, 1)));
  await reloaded(balancer, 2);
  expect(await greeting(balancer.endpoint)).toBe("a");
});

test("with --watch a link on the way to the file may be swapped, and edits behind it go on being seen", async () => {
  await using servers = await politeFleet("a", "b", "c");
  const [one, two, three] = servers.members.map((member) => config([member])) as [string, string, string];
  await using file = await fileOf("");
  const folder = dirname(file.path);
  for (const [name, text] of [
    ["1", one],
    ["2", two],
  ] as const) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "lb.yaml"), text);
  }
  await symlink("1", join(folder, "current"));
  await using balancer = await configuredBalancer(join(folder, "current", "lb.yaml"), {}, "--watch");
  await symlink("2", join(folder, "next"));
  await rename(join(folder, "next"), join(folder, "current"));
  await reloaded(balancer, 1);
  expect(await greeting(balancer.endpoint)).toBe("b");
  await hangup(balancer);
  await writeFile(join(folder, "2", "lb.yaml"), three);
  await reloaded(balancer, 3);
  expect(await greeting(balancer.endpoint)).toBe("c");
});

test("with --watch a file that is saved while the balancer starts is applied", async () => {
  await using servers = await politeFleet("a", "b");
  const [before, after] = servers.members.map((member) => config([member])) as [string, string];
  await using file = await fileOf(before);
  // What ends the process at a defect is the first thing after the file was read.
  const save = `process.on("newListener", (event) => {
    if (event !== "uncaughtException") return;
    process.getBuiltinModule("node:fs").writeFileSync(${JSON.stringify(file.path)}, ${JSON.stringify(after)});
  })`;
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(save)}` };
  await using balancer = await configuredBalancer(file.path, { env }, "--watch");
  await reloaded(balancer, 1);
  expect(await greeting(balancer.endpoint)).toBe("b");
});

test("SIGHUP without a file ends nothing, and is answered", async () => {
  await using servers = await politeFleet("a");
  await using balancer = await balancerProcess(
    "first",
    servers.members.map(({ endpoint }) => endpoint),
  );
  balancer.signal("SIGHUP");
  await balancer.line(/"level":"warn".*"msg":"SIGHUP: there is no configuration file to read again"/);
  expect(await greeting(balancer.endpoint)).toBe("a");
});

test("a reload that comes with a stop, or after it, opens nothing again and delays no exit", async () => {
  await using server = await backend(echo);
  await using file = await fileOf(config([{ name: "a", endpoint: server.endpoint }]));
  await using balancer = await configuredBalancer(file.path);
  const open = await dialPeer(balancer.endpoint);
  open.send("x");
  await open.bytes(1);
  await file.replace(config([{ name: "a", endpoint: server.endpoint }], { name: "late", host: "127.0.0.2" }));
  balancer.signal("SIGTERM");
  balancer.signal("SIGHUP");
  await balancer.line(/"reason":"the balancer is stopping","msg":"reload refused/);
  expect(balancer.stdout).not.toContain('"listener":"late"');
  open.finish();
  expect(await balancer.exit()).toMatchObject({ code: 0, stderr: "" });
});

interface Changes {
  readonly connect?: string;
  readonly name?: string;
  readonly host?: string;
  readonly format?: string;
}

function config(members: readonly { name: string; endpoint: Endpoint }[], changes: Changes = {}): string {
  const { connect = "2s", name = "web", host = "127.0.0.1", format = "auto" } = changes;
  const backends = members.map(({ name: called, endpoint }) => ({
    name: called,
    address: formatEndpoint(endpoint),
  }));
  return JSON.stringify({
    listeners: [{ name, listen: `${host}:0`, pool: "p" }],
    pools: { p: { health: { probe: "off" }, timeouts: { connect }, backends } },
    log: { format },
  });
}

/** Reads the file again, and waits until that is done. */
async function hangup(balancer: BalancerProcess): Promise<void> {
  const before = balancer.stdout.match(RELOADED)?.length ?? 0;
  balancer.signal("SIGHUP");
  await reloaded(balancer, before + 1);
}

const RELOADED = /"msg":"reloaded[^"]*"/g;

/** Resolves when so many reloads have been logged. */
async function reloaded(balancer: BalancerProcess, count: number): Promise<void> {
  await eventually(() => expect(balancer.stdout.match(RELOADED)).toHaveLength(count));
}

async function greeting(endpoint: Endpoint): Promise<string> {
  const client = await dialPeer(endpoint);
  client.socket.on("end", () => client.finish());
  const said = await client.bytes(1);
  client.finish();
  return said.toString();
}
