import { connect } from "node:net";
import { expect, test } from "vitest";
import { pingProtocol } from "../../servers/ping-protocol.ts";
import { TestServer } from "../../servers/test-server.ts";
import { eventually } from "../support/eventually.ts";
import { run, start } from "../support/process.ts";
import { fateOf, talk } from "../support/talk.ts";

const LISTENING = /^(\w+) listening on 127\.0\.0\.1:(\d+)$/;

test.each(["ping", "echo", "task", "web"])(
  "%s says where it listens, and ends in order when told to",
  async (kind) => {
    await using server = start(`servers/${kind}.js`, "127.0.0.1", "0");
    const [, name, port] = await server.line(LISTENING);
    expect(name).toBe(kind);
    const idle = connect(Number(port), "127.0.0.1").resume();
    await new Promise((resolve) => idle.once("connect", resolve));
    const ended = new Promise((resolve) => idle.once("end", resolve));
    server.signal("SIGTERM");
    await ended;
    expect(await server.exit()).toMatchObject({ code: 0, stderr: "" });
  },
);

test("SIGINT ends it too, and a server that refuses stays until then", async () => {
  await using server = start("servers/ping.js", "127.0.0.1", "0", "--refuse");
  const [, port] = await server.line(
    /^ping listening on 127\.0\.0\.1:(\d+) \(every connection is refused\)$/,
  );
  expect(await fateOf(Number(port))).toBe("ECONNREFUSED");
  server.signal("SIGINT");
  expect(await server.exit()).toMatchObject({ code: 0 });
});

test("--count starts servers with names of their own", async () => {
  await using server = start("servers/ping.js", "127.0.0.1", "0", "--count", "3", "--name", "x");
  await eventually(() => expect(server.stdout.match(/\n/g)).toHaveLength(3));
  const ports = [...server.stdout.matchAll(/:(\d+)$/gm)].map(([, port]) => Number(port));
  const answers = await Promise.all(ports.map((port) => talk(port, "ping\n")));
  expect(answers.map(String)).toEqual(["pong x-1\n", "pong x-2\n", "pong x-3\n"]);
});

test("a second signal ends it at once, with work under way", async () => {
  await using server = start("servers/ping.js", "127.0.0.1", "0", "--latency", "1h");
  const [, , port] = await server.line(LISTENING);
  const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
  socket.write("ping\n");
  await new Promise((resolve) => socket.once("connect", resolve));
  server.signal("SIGTERM");
  server.signal("SIGINT");
  expect(await server.exit()).toMatchObject({ code: 0 });
});

test("a taken port is one line and exit 1, and nothing of a --count is left listening", async () => {
  await using taken = await TestServer.start({ protocol: pingProtocol, port: await pairOfPorts() });
  const { code, stdout, stderr } = await run(
    "servers/ping.js",
    "127.0.0.1",
    String(taken.port - 1),
    "--count",
    "2",
  );
  expect(code).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(new RegExp(`^ping: 127\\.0\\.0\\.1:${taken.port} is taken; .*\\n$`));
  expect(await fateOf(taken.port - 1)).toBe("ECONNREFUSED");
});

test.each([
  [["127.0.0.1", "x"], "port: expected a whole number from 0 to 65535"],
  [["9001"], "expected [host] [port], got only the number 9001: try 127.0.0.1 9001"],
  [["--count", "0"], "--count: expected a whole number from 1 to 1000"],
  [["127.0.0.1", "65535", "--count", "2"], "port 65535 and --count 2 go beyond port 65535"],
  [["--reset", "1.5"], "--reset: expected a share from 0 to 1"],
  [["--down-for", "5s"], "--down-for needs --crash-every"],
  [["--nope"], "Unknown argument: nope"],
])("wrong usage %j is told in a line, exit 2", async (args, message) => {
  const { code, stdout, stderr } = await run("servers/ping.js", ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(`ping: ${message}`);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test.each(["ping", "echo", "task", "web"])("%s --help shows three examples", async (kind) => {
  const { code, stdout } = await run(`servers/${kind}.js`, "--help");
  expect(code).toBe(0);
  expect(stdout.match(new RegExp(`^ {2}node dist/servers/${kind}\\.js`, "gm"))).toHaveLength(3);
});

test("crashes and comes back as a process, and says so", async () => {
  await using server = start(
    "servers/ping.js",
    "127.0.0.1",
    "0",
    "--crash-every",
    "50ms",
    "--down-for",
    "50ms",
  );
  const [, , port] = await server.line(LISTENING);
  await server.line(/^ping crashed on 127\.0\.0\.1:\d+$/);
  await eventually(() => expect(server.stdout.match(/listening/g)?.length).toBeGreaterThan(1));
  expect(server.stdout).toContain(`ping crashed on 127.0.0.1:${port}\nping listening on 127.0.0.1:${port}\n`);
});

/** A port, free like the one before it: looked for below those that systems hand out, where others come and go. */
async function pairOfPorts(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 1))) return port + 1;
  }
  throw new Error("no two free ports in a row");
}

async function isFree(port: number): Promise<boolean> {
  try {
    await using _ = await TestServer.start({ protocol: pingProtocol, port });
    return true;
  } catch {
    return false;
  }
}
