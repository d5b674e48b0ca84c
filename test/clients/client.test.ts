import { expect, test } from "vitest";
import { echoProtocol } from "../../servers/echo-protocol.ts";
import type { Behaviour } from "../../servers/faults/fault.ts";
import { pingProtocol } from "../../servers/ping-protocol.ts";
import type { Protocol } from "../../servers/protocol.ts";
import { taskProtocol } from "../../servers/task-protocol.ts";
import { TestServer } from "../../servers/test-server.ts";
import { webProtocol } from "../../servers/web-protocol.ts";
import { run, start } from "../support/process.ts";

const client = (to: TestServer, ...args: string[]) => run("clients/client.js", "--to", to.address, ...args);

function server(protocol: Protocol, faults: readonly Behaviour[] = []): Promise<TestServer> {
  return TestServer.start({ protocol, name: "a", faults });
}

/** Counts connections by being asked about the fate of each. */
function counting(): Behaviour & { count: number } {
  const counter = {
    count: 0,
    fate: () => {
      counter.count++;
      return undefined;
    },
  };
  return counter;
}

test("prints ten pongs, each over a connection of its own, and the table", async () => {
  const connections = counting();
  await using ping = await server(pingProtocol, [connections]);
  const { code, stdout, stderr } = await client(ping);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const lines = stdout.split("\n");
  expect(lines.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, index) => `pong ${index + 1} a`));
  expect(stdout).toMatch(
    /^server +answers +share +min ms +mean ms +max ms\na +10 +100\.0%( +\d+\.\d\d){3}$/ms,
  );
  expect(stdout).toMatch(/^10 answered, 0 failed, in \d+\.\d ms$/ms);
  expect(connections.count).toBe(10);
});

test("--keep asks over one connection", async () => {
  const connections = counting();
  await using ping = await server(pingProtocol, [connections]);
  expect(await client(ping, "--keep", "--requests", "5")).toMatchObject({ code: 0 });
  expect(connections.count).toBe(1);
});

test("--echo counts answers that are the very line", async () => {
  await using echo = await server(echoProtocol);
  const { code, stdout } = await client(echo, "--echo", "--requests", "2");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^echo 1\necho 2\n.*^echo +2 +100\.0%/ms);
});

test("--tasks sends all at once and verifies the values", async () => {
  let together = 0;
  const held: (() => void)[] = [];
  // Nothing is answered before all three are there.
  const gather: Behaviour = {
    work: (next) => (request) => {
      held.push(() => next(request));
      if (++together === 3) for (const go of held) go();
    },
  };
  await using task = await server(taskProtocol, [gather]);
  const { code, stdout } = await client(task, "--tasks", "fibonacci:90,factorial:20,fibonacci:10000");
  expect(code).toBe(0);
  expect(stdout).toContain("ok 2880067194370816120 a\n");
  expect(stdout).toContain("ok 2432902008176640000 a\n");
  expect(stdout).toMatch(/^a +3 +100\.0%/ms);
});

test("--http prints the JSON answers and counts by port; with --tasks it posts them", async () => {
  await using web = await server(webProtocol);
  const { code, stdout } = await client(web, "--http", "/", "--requests", "2", "--keep");
  expect(code).toBe(0);
  expect(stdout).toContain(`{"message":"necessary info","port":"${web.port}"}\n`);
  expect(stdout).toMatch(new RegExp(`^port +answers.*\\n${web.port} +2 +100\\.0%`, "m"));
  const posted = await client(web, "--http", "/tasks", "--tasks", "fibonacci:90");
  expect(posted.code).toBe(0);
  expect(posted.stdout).toMatch(/"value":"2880067194370816120".*^server +answers.*\na +1 /ms);
});

test("a wrong answer is a mismatch that shows it, and exit 1", async () => {
  await using task = await server(taskProtocol);
  const { code, stdout } = await client(task, "--requests", "1");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^mismatch: asked "ping 1", got "err expected fibonacci /ms);
  await using web = await server(webProtocol);
  const answered = await client(web, "--requests", "1", "--http", "/nope");
  expect(answered.code).toBe(1);
  expect(answered.stdout).toMatch(/^mismatch: HTTP 404 /ms);
});

test("an echo server that is asked for pings is hinted at", async () => {
  await using echo = await server(echoProtocol);
  const { code, stdout } = await client(echo, "--requests", "1");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^mismatch: asked "ping 1", got "ping 1": an echo server\? ask it with --echo$/m);
});

test("a name nobody knows is said so", async () => {
  const { code, stdout } = await run("clients/client.js", "--to", "nosuch.invalid:1", "--requests", "1");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^connect-failed: nosuch\.invalid (is an unknown name|could not be looked up)/m);
});

test("failures are counted by word below the answers, and exit 1", async () => {
  const fates = ["reset-at-first-bytes", undefined, "stall"] as const;
  let next = 0;
  await using flaky = await server(pingProtocol, [{ fate: () => fates[next++] }]);
  const { code, stdout } = await client(flaky, "--requests", "3", "--timeout", "500ms");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^a +1 +100\.0%.*^reset +1 .*^response-timeout +1 .*^1 answered, 2 failed/ms);
});

test("where nothing listens, each request is connect-refused", async () => {
  await using gone = await server(pingProtocol, [{ refuses: true }]);
  for (const args of [[], ["--http", "/"]]) {
    const { code, stdout, stderr } = await client(gone, "--requests", "2", ...args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/^connect-refused +2 +nothing listens there$/ms);
  }
});

test("Ctrl-C shows the table so far and exits 130", async () => {
  await using ping = await server(pingProtocol);
  await using asking = start("clients/client.js", "--to", ping.address, "--interval", "1h");
  await asking.line(/^pong 1 a$/);
  asking.signal("SIGINT");
  const { code, stdout } = await asking.exit();
  expect(code).toBe(130);
  expect(stdout).toMatch(/^a +1 +100\.0%.*1 answered, 0 failed/ms);
});

test.each([
  [["--to", "nowhere"], "--to: expected host:port"],
  [["--tasks", "fibonacci:10001"], "--tasks: expected tasks such as fibonacci:90,factorial:20"],
  [["--tasks"], "Not enough arguments following: tasks"],
  [["--echo", "--http", "/"], "expected --echo alone"],
  [["--http", "nope"], "--http: expected a path such as /"],
])("wrong usage %j is told in a line, exit 2", async (args, message) => {
  const { code, stderr } = await run("clients/client.js", ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(`client: ${message}`);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("--help shows three examples", async () => {
  const { code, stdout } = await run("clients/client.js", "--help");
  expect(code).toBe(0);
  expect(stdout.match(/^ {2}node dist\/clients\/client\.js/gm)).toHaveLength(3);
});
