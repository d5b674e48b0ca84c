import { describe, expect, test } from "vitest";
import { version } from "#lb/command/version";
import { algorithmNames } from "#lb/contract/algorithm";
import { formatEndpoint } from "#lb/core/address";
import { libc } from "#lb/transport/native/libc";
import { BalancerProcess, balancerProcess, configuredBalancer } from "../support/balancer-process.ts";
import { fileOf } from "../support/file-of.ts";
import { backend, dialPeer } from "../support/peer.ts";
import { CommandProcess, run, start } from "../support/process.ts";

const GOOD = `
pools: { p: { backends: [{ address: "127.0.0.1:9" }] } }
listeners:
  - { listen: "127.0.0.1:1", pool: p }`;
const BAD = `listeners:
  - { listen: "127.0.0.1", pool: p }
pools:
  p: { algorithm: fastest
     , weight: 3, backends: [{ address: "127.0.0.1:9" }] }`;

test("says where it listens, with the real port, and serves there", async () => {
  await using server = await backend((peer) => peer.send("hi"));
  await using balancer = await balancerProcess("p2c", [server.endpoint]);
  const line = JSON.parse(balancer.stdout.split("\n")[0] as string);
  expect(line).toMatchObject({
    msg: "listening",
    listener: "main",
    address: formatEndpoint(balancer.endpoint),
  });
  expect(line.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
  const client = await dialPeer(balancer.endpoint);
  expect((await client.bytes(2)).toString()).toBe("hi");
  client.reset();
});

test("says who it is, once it has started", async () => {
  await using balancer = await balancerProcess("p2c", []);
  const [line] = await balancer.line(/^.*"msg":"started".*$/);
  expect(JSON.parse(line)).toMatchObject({ version: version(), pid: balancer.pid, config: "flags" });
  await using file = await fileOf(GOOD.replace("127.0.0.1:1", "127.0.0.1:0"));
  await using other = await configuredBalancer(file.path);
  await other.line(new RegExp(`"config":"${file.path}","msg":"started"`));
});

test("listens on an address with a zone, and dials one", async () => {
  await using server = await backend((peer) => peer.send("hi"));
  const backends = ["--backend", formatEndpoint(server.endpoint)];
  await using near = new BalancerProcess("lb.js", ["first", "--listen", "[::1%lo]:0", ...backends]);
  await near.listening();
  expect(formatEndpoint(near.endpoint)).toMatch(/^\[::1%lo\]:[1-9]\d*$/);
  await using balancer = await balancerProcess("first", [near.endpoint]);
  const client = await dialPeer(balancer.endpoint);
  expect((await client.bytes(2)).toString()).toBe("hi");
  client.reset();
});

test("spreads by the weights of its flags", async () => {
  await using one = await backend((peer) => peer.send("1"));
  await using two = await backend((peer) => peer.send("2"));
  const flags = ["--backend", `${formatEndpoint(one.endpoint)}#2`, "--backend", formatEndpoint(two.endpoint)];
  await using balancer = start("lb.js", "round-robin", "--listen", "127.0.0.1:0", ...flags);
  const [, port] = await balancer.line(/"address":"127\.0\.0\.1:(\d+)"/);
  const endpoint = { kind: "tcp", host: "127.0.0.1", port: Number(port) } as const;
  let served = "";
  for (let i = 0; i < 30; i++) served += await (await dialPeer(endpoint)).bytes(1);
  expect([served.match(/1/g)?.length, served.match(/2/g)?.length]).toEqual([20, 10]);
});

test.each([
  ["no algorithm", [], /expected an algorithm \(round-robin, .*\) or --config with a file/],
  [
    "a word that is neither a command nor an algorithm",
    ["stauts", "--json"],
    /algorithm: expected one of round-robin, .*, or a command \(check, status, .*\), got "stauts"/,
  ],
  ["an unknown option", ["first", "--backends", "127.0.0.1:1"], /backends/],
  [
    "two listen addresses",
    ["first", "--listen", "[::1]:1", "--listen", "[::1]:2"],
    /--listen may be given once/,
  ],
  ["a file to watch, and none", ["first", "--watch"], /--watch needs --config with a file/],
  ["standard input to watch", ["--config", "-", "--watch"], /--watch needs --config with a file/],
  ["a switch with a value", ["--config", "lb.yaml", "--watch=3"], /--watch takes no value, got "3"/],
  ["a check that is to go on", ["check", "--config", "lb.yaml", "--watch"], /Unknown argument: watch/],
  [
    "a file to check without its flag",
    ["check", "lb.yaml"],
    /expected --config before the file to check, got "lb.yaml"/,
  ],
  ["a wrong address", ["first", "--listen", "127.0.0.1"], /expected host:port.*got "127\.0\.0\.1"/],
  [
    "itself as backend",
    ["first", "--backend", "localhost:8080"],
    /--backend: expected a backend that does not lead back to its own listener, .* 127\.0\.0\.1:8080 listens/,
  ],
])("answers %s with what was expected, and exit code 2", async (_, args, expected) => {
  const { code, stdout, stderr } = await run("lb.js", ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(expected);
  expect(stderr).toMatch(/^lb: .*lb\.js --help tells more\)\n$/);
});

test("answers a port that is taken with one line that says which listener wants it, and exit code 1", async () => {
  await using taken = await backend();
  const address = formatEndpoint(taken.endpoint);
  const { code, stderr } = await run("lb.js", "first", "--listen", address);
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`^lb: listener main: ${address} is taken; .*\n$`));
});

test.each([
  ["/nowhere/lb.sock", "listener main: /nowhere does not exist"],
  [
    process.execPath,
    `listener main: unix:${process.execPath} is there already and is no socket; choose another path`,
  ],
])("answers the path %s with one line, and exit code 1", async (path, expected) => {
  const { code, stderr } = await run("lb.js", "first", "--listen", `unix:${path}`);
  expect({ code, stderr }).toEqual({ code: 1, stderr: `lb: ${expected}\n` });
});

test.each([
  ["info", "stdout"],
  ["silent", "stderr"],
] as const)("with log level %s a defect is told on %s, and ends it with code 1", async (level, stream) => {
  // As soon as it listens to defects, there is one.
  const defect = `process.on("newListener", (event) => {
    if (event === "uncaughtException") setImmediate(() => { throw new Error("a defect of this test"); });
  })`;
  const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(defect)}` };
  const args = ["first", "--listen", "127.0.0.1:0", "--log-level", level];
  await using balancer = new BalancerProcess("lb.js", args, { env });
  const exit = await balancer.exit();
  expect(exit.code).toBe(1);
  expect(exit[stream]).toMatch(/the balancer ends because of a defect/);
  expect(exit[stream]).toMatch(/a defect of this test.+ at /s);
});

test.skipIf(libc() === undefined).each([
  ["info", "stdout"],
  ["silent", "stderr"],
] as const)(
  "with log level %s a defect of the thread that serves is told on %s, and ends it with code 1",
  async (level, stream) => {
    // As soon as it answers a call, there is one.
    const defect = `import { parentPort } from "node:worker_threads";
      const post = parentPort?.postMessage;
      if (post) parentPort.postMessage = (message) => {
        post.call(parentPort, message);
        if (message.kind === "piece") throw new Error("a defect of this test");
      };`;
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(defect)}` };
    const args = ["first", "--listen", "127.0.0.1:0", "--log-level", level, "--transport", "native"];
    await using balancer = new BalancerProcess("lb.js", args, { env });
    const exit = await balancer.exit();
    expect(exit.code).toBe(1);
    expect(exit[stream]).toMatch(/the balancer ends because of a defect/);
    expect(exit[stream]).toMatch(/a defect of this test.+ at /s);
  },
);

describe("with a file", () => {
  test("serves as it says, and what flags say beside it instead", async () => {
    await using server = await backend((peer) => peer.send("hi"));
    await using file = await fileOf(`
      listeners: [{ name: web, listen: "127.0.0.1:1", pool: p }]
      pools: { p: { backends: [{ address: "${formatEndpoint(server.endpoint)}" }] } }`);
    await using balancer = new BalancerProcess("lb.js", [
      "first",
      "--config",
      file.path,
      "--listen",
      "127.0.0.1:0",
    ]);
    await balancer.listening();
    const client = await dialPeer(balancer.endpoint);
    expect((await client.bytes(2)).toString()).toBe("hi");
    client.reset();
    await balancer.line(/"msg":"session"/);
    expect(balancer.records).toMatchObject([{ listener: "web", pool: "p" }]);
  });

  test("check prints the effective configuration, which checks as well, and listens on nothing", async () => {
    await using file = await fileOf(GOOD);
    const checked = await run("lb.js", "check", "--config", file.path);
    expect(checked).toMatchObject({ code: 0, stderr: "" });
    expect(checked.stdout).toMatch(/^listeners:\n(.*\n)+/);
    expect(checked.stdout).toMatch(/algorithm: round-robin/);
    await using effective = await fileOf(checked.stdout);
    expect(await run("lb.js", "check", "--config", effective.path)).toEqual(checked);
  });

  test.each([["check"], []])(
    "all mistakes are told at once, by line, and nothing is listened on: %j",
    async (...command) => {
      await using file = await fileOf(BAD);
      const { code, stdout, stderr } = await run("lb.js", ...command, "--config", file.path);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      for (const line of [2, 4, 5]) expect(stderr).toContain(`${file.path}:${line}: `);
      expect(stderr).not.toMatch(/^ +at /m);
    },
  );

  test("a pool without backends is a warning, at the check and at the start", async () => {
    await using file = await fileOf('listeners: [{ listen: "127.0.0.1:0", pool: p }]\npools: { p: {} }\n');
    const warning = "the pool p has no backends: it refuses every client";
    const { code, stderr } = await run("lb.js", "check", "--config", file.path);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `lb: warning: ${warning}\n` });
    await using balancer = await configuredBalancer(file.path);
    await balancer.line(new RegExp(`"level":"warn".*"msg":"${warning}"`));
  });

  test("more sessions than there are files for are a warning, at the check and at the start", async () => {
    await using file = await fileOf(
      GOOD.replace("127.0.0.1:1", "127.0.0.1:0").replace("p }", "p, maxConnections: 99 }"),
    );
    const warning = "maxConnections of the listeners asks for 99 sessions, and only 200 files may be open";
    await using check = new CommandProcess("lb.js", ["check", "--config", file.path], { openFiles: 200 });
    expect(await check.exit()).toMatchObject({ code: 0, stderr: expect.stringContaining(warning) });
    await using balancer = await configuredBalancer(file.path, { openFiles: 200 });
    await balancer.line(new RegExp(`"level":"warn".*"msg":"${warning}`));
  });

  test("- is the standard input, of which a reload says that there is no file to read again", async () => {
    const launch = { input: GOOD.replace("127.0.0.1:1", "127.0.0.1:0") };
    await using balancer = new BalancerProcess("lb.js", ["--config", "-"], launch);
    await balancer.line(/"config":"standard input","msg":"started"/);
    balancer.signal("SIGHUP");
    await balancer.line(/"msg":"SIGHUP: there is no configuration file to read again"/);
    balancer.signal("SIGTERM");
    expect(await balancer.exit()).toMatchObject({ code: 0, stderr: "" });
  });

  test("mistakes of the standard input are told with their lines", async () => {
    await using check = new CommandProcess("lb.js", ["check", "--config", "-"], { input: BAD });
    const { code, stderr } = await check.exit();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^standard input:2: /m);
  });

  test("the environment fills in what the file asks for, and check shows how it asks", async () => {
    await using server = await backend((peer) => peer.send("hi"));
    const text = `
      pools: { p: { backends: [{ address: "\${BACKEND}" }] } }
      listeners: [{ listen: "127.0.0.1:\${PORT:-0}", pool: p }]`;
    await using file = await fileOf(text);
    const env = { BACKEND: formatEndpoint(server.endpoint) };
    await using balancer = await configuredBalancer(file.path, { env });
    const client = await dialPeer(balancer.endpoint);
    expect((await client.bytes(2)).toString()).toBe("hi");
    client.reset();
    await using check = new CommandProcess("lb.js", ["check", "--config", file.path], { env });
    const { stdout } = await check.exit();
    expect(stdout).toMatch(/name: \$\{BACKEND\}\n +address: \$\{BACKEND\}\n/);
    expect(stdout).not.toContain(env.BACKEND);
  });

  test("a file that does not exist is one line, and exit code 1", async () => {
    const { code, stderr } = await run("lb.js", "--config", "/nowhere/lb.yaml");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "lb: /nowhere/lb.yaml does not exist\n" });
  });

  test("check without a file says what it needs", async () => {
    const { code, stderr } = await run("lb.js", "check");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^lb: expected --config with a file to check .*\n$/);
  });

  test("--listen beside a file with two listeners is refused", async () => {
    await using file = await fileOf(`${GOOD}\n  - { listen: "127.0.0.1:2", pool: p }\n`);
    const { code, stderr } = await run("lb.js", "--config", file.path, "--listen", "127.0.0.1:0");
    expect(code).toBe(2);
    expect(stderr).toMatch(/need a file with one listener and one pool/);
  });
});

test("shows every algorithm and three real examples", async () => {
  const { code, stdout } = await run("lb.js", "--help");
  expect(code).toBe(0);
  expect(stdout.match(/^ +node dist\/lb\.js (round-robin|--config|p2c)\b.*$/gm)).toHaveLength(3);
  for (const name of algorithmNames) expect(stdout).toContain(name);
});

test("check offers only what it does", async () => {
  const { code, stdout } = await run("lb.js", "check", "--help");
  expect(code).toBe(0);
  expect(stdout).toContain("--config");
  expect(stdout).not.toContain("--watch");
});

test("says its version", async () => {
  const { code, stdout } = await run("lb.js", "--version");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
