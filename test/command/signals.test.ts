import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { formatEndpoint } from "#lb/core/address";
import { BalancerProcess, balancerProcess, configuredBalancer } from "../support/balancer-process.ts";
import { eventually } from "../support/eventually.ts";
import { fileOf } from "../support/file-of.ts";
import { backend, dialPeer, echo, within } from "../support/peer.ts";
import { start } from "../support/process.ts";
import { needing } from "../support/program.ts";

const FILE = `
pools: { p: { health: { probe: off }, backends: [{ address: "127.0.0.1:9" }] } }
listeners: [{ listen: "127.0.0.1:0", pool: p }]`;
const FLAGS = ["first", "--listen", "127.0.0.1:0"];

describe("a signal that comes while the balancer is still loading", () => {
  test("SIGHUP is a reload once it has started, and SIGUSR1 is told then", async () => {
    await using file = await fileOf(FILE);
    await using balancer = new BalancerProcess("lb.js", ["--config", file.path], early("SIGHUP", "SIGUSR1"));
    await balancer.line(/"signal":"SIGUSR1","msg":"a signal that means nothing here"/);
    await balancer.line(/"msg":"reloaded, nothing changed"/);
    const order = balancer.stdout.match(/"msg":"(started|reloaded, nothing changed)"/g);
    expect(order).toEqual(['"msg":"started"', '"msg":"reloaded, nothing changed"']);
  });

  test.each(["SIGTERM", "SIGINT", "SIGQUIT"])("%s ends it, before anything listens", async (signal) => {
    await using balancer = new BalancerProcess("lb.js", FLAGS, early(signal));
    expect(await balancer.exit()).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
  });
});

test.each(["SIGTERM", "SIGINT", "SIGQUIT"] as const)("%s lets sessions finish", async (signal) => {
  await using server = await backend(echo);
  await using balancer = await balancerProcess("first", [server.endpoint]);
  const client = await dialPeer(balancer.endpoint);
  client.send("one");
  await client.bytes(3);
  balancer.signal(signal);
  await balancer.line(new RegExp(`"signal":"${signal}",.*"msg":"stopping"`));
  client.send("two");
  expect((await client.bytes(6)).toString()).toBe("onetwo");
  client.finish();
  expect(await client.outcome()).toBe("end");
  expect(await balancer.exit()).toMatchObject({ code: 0, stderr: "" });
});

test.each(["SIGUSR1", "SIGUSR2", "SIGALRM"] as const)(
  "%s opens nothing, ends nothing, and is told",
  async (signal) => {
    await using balancer = await balancerProcess("first", []);
    balancer.signal(signal);
    await balancer.line(new RegExp(`"signal":"${signal}","msg":"a signal that means nothing here"`));
    balancer.signal("SIGTERM");
    // Node says on stderr where its debugger listens.
    expect(await balancer.exit()).toMatchObject({ code: 0, stderr: "" });
  },
);

const noPty = spawnSync("script", ["--version"]).stdout?.includes("util-linux") !== true;

test.skipIf(noPty)(
  needing("a balancer without a file ends in order with its terminal, and by no SIGHUP before that closes", {
    script: noPty ? undefined : "script",
  }),
  async () => {
    const lb = fileURLToPath(new URL("../../dist/lb.js", import.meta.url));
    await using file = await fileOf("", "code");
    const balancer = `sh -c 'echo $$; exec ${process.execPath} ${lb} ${FLAGS.join(" ")}'`;
    // What notes the exit code outlives the terminal.
    const command = `(trap "" HUP; ${balancer}; echo $? >${file.path}); true`;
    const terminal = spawn("script", ["-qfc", command, "/dev/null"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    terminal.stdout.on("data", (chunk: Buffer) => {
      text += chunk;
    });
    const said = async (words: string) => {
      while (!text.includes(words)) await once(terminal.stdout, "data");
    };
    await within("a balancer on a terminal", said("started"));
    const pid = Number(/^\d+/.exec(text)?.[0]);
    process.kill(pid, "SIGHUP");
    await within("an answer", said("there is no configuration file to read again"));
    terminal.kill("SIGKILL");
    await eventually(async () => expect(await readFile(file.path, "utf8")).toBe("0\n"));
  },
);

describe.each(["SIGHUP", "SIGQUIT"] as const)("%s", (signal) => {
  test("ends a test server in order", async () => {
    await using server = start("servers/ping.js", "127.0.0.1", "0");
    await server.line(/listening on/);
    server.signal(signal);
    expect(await server.exit()).toMatchObject({ code: 0, stderr: "" });
  });

  test("ends the stress tester after it wrote its file", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    await using file = await fileOf("", "aborted.json");
    const { port } = silent.address() as { port: number };
    const to = formatEndpoint({ kind: "tcp", host: "127.0.0.1", port });
    const args = ["1", "--duration", "1h", "--timeout", "1m", "--to", to, "--out", file.path];
    await using stress = start("stress/stress.js", ...args);
    const [socket] = await once(silent, "connection");
    stress.signal(signal);
    const { code, stdout } = await stress.exit();
    socket.destroy();
    silent.close();
    expect(code).toBe(130);
    expect(stdout).toMatch(/^response_times: aborted/);
  });
});

test("a reload by SIGHUP is not the first of two stops", async () => {
  await using file = await fileOf(FILE);
  await using balancer = await configuredBalancer(file.path);
  balancer.signal("SIGHUP");
  await balancer.line(/"msg":"reloaded, nothing changed"/);
  balancer.signal("SIGTERM");
  await balancer.line(/"signal":"SIGTERM",.*"msg":"stopping"/);
  expect(await balancer.exit()).toMatchObject({ code: 0 });
});

/** As soon as the process listens to signals it has these, and has loaded nothing else yet. */
function early(...signals: readonly string[]) {
  const kills = signals.map((signal) => `process.kill(process.pid, "${signal}")`).join();
  const hook = `process.on("newListener", function first(event) {
    if (event !== "SIGHUP") return;
    process.off("newListener", first);
    setImmediate(() => { ${kills} });
  })`;
  return { env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(hook)}` } };
}
