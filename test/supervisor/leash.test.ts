import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { CommandProcess } from "../support/process.ts";
import { childrenOf, runs } from "../support/processes.ts";
import { installed, needing, Program } from "../support/program.ts";

const DIST = new URL("../../dist/", import.meta.url);
const PING = fileURLToPath(new URL("servers/ping.js", DIST));
const WITHOUT_SETPRIV = "/nowhere";
/** It waits for what it starts, and ends nothing itself. */
const SHELL = ["/bin/sh", "-c", "/bin/sleep 1000; true"];
const setpriv = installed("setpriv");

describe("copies do not outlive the balancer that is killed", () => {
  test.skipIf(setpriv === undefined)(
    needing("where the kernel ends them, also one that holds no leash", { setpriv }),
    async () => {
      await using parent = await supervising([process.execPath, "-e", "setInterval(() => {}, 1e6)"]);
      await diesWith(parent);
    },
  );

  test("where setpriv is missing, and the copy holds its leash", async () => {
    await using parent = await supervising([process.execPath, PING, "{host}", "{port}"], WITHOUT_SETPRIV);
    const [pid] = parent.pids as [number];
    expect(environmentOf(pid)).toContain("LB_LEASH_FD=3");
    await diesWith(parent);
  });
});

describe("nor does what a copy has started itself", () => {
  test.each([
    ["", process.env.PATH],
    [", also where setpriv is missing", WITHOUT_SETPRIV],
  ])("in the group of its process%s", async (_, path) => {
    await using parent = await supervising(SHELL, path);
    await diesWith(parent, await childOf(parent));
  });

  test("where the guard was told to end, as by a terminal or a service manager", async () => {
    await using parent = await supervising(SHELL, WITHOUT_SETPRIV);
    const started = await childOf(parent);
    const guard = await guardOf(parent);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]) process.kill(guard, signal);
    await diesWith(parent, started, guard);
  });

  test("where the guard was killed, once there is another one", async () => {
    await using parent = await supervising(SHELL, WITHOUT_SETPRIV);
    const started = await childOf(parent);
    const first = await guardOf(parent);
    process.kill(first, "SIGKILL");
    await eventually(() => expect(guardsOf(parent).filter((pid) => pid !== first)).toHaveLength(1));
    expect(parent.program.stdout).toContain('guard of copies ended {"reason":"SIGKILL"}');
    await diesWith(parent, started, await guardOf(parent));
  });
});

test("nor one that ends without a word to them", async () => {
  await using parent = await supervising(
    [process.execPath, "-e", "setInterval(() => {}, 1e6)"],
    WITHOUT_SETPRIV,
  );
  parent.program.child.stdin?.end("process.exit(0)\n");
  expect(await parent.program.code()).toBe(0);
  await eventually(() => expect(parent.pids.filter(runs)).toEqual([]));
});

test.each(["", "x", "-1", "99", "1e0"])("a server does not start where LB_LEASH_FD is %j", async (fd) => {
  await using server = new CommandProcess("servers/ping.js", ["127.0.0.1", "0"], {
    env: { LB_LEASH_FD: fd },
  });
  expect(await server.exit()).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining(
      `expected LB_LEASH_FD to be the number of an inherited pipe, got "${fd}"`,
    ),
  });
});

test("a balancer that has no file left to start a copy with goes on", async () => {
  await using parent = await supervising([process.execPath, "-e", "setInterval(() => {}, 1e6)"]);
  const [pid] = parent.pids as [number];
  const said = () => parent.program.stdout;
  parent.program.child.stdin?.write(
    `const fs = process.getBuiltinModule("node:fs"); const held = []; try { for (;;) held.push(fs.openSync("/dev/null")); } catch {} console.log("full");\n`,
  );
  await eventually(() => expect(said()).toContain("full\n"));
  process.kill(pid, "SIGKILL");
  await eventually(() => expect(said()).toMatch(/copy crashed.*could not be started/));
});

/** A process that keeps one copy of that command running, under its own PATH or another. */
async function supervising(command: readonly string[], path = process.env.PATH) {
  const port = await freePort();
  const code = `
    import { Supervisor } from "${new URL("supervisor/supervisor.js", DIST)}";
    import { systemClock } from "${new URL("core/clock.js", DIST)}";
    const warn = (fields, message) => console.log(message, JSON.stringify(fields));
    const log = { logger: { info() {}, warn, error() {} } };
    const host = { answers: async () => false, join: async () => {}, leave: async () => {} };
    const supervisor = new Supervisor({ clock: systemClock, dice: Math.random, log, host });
    const command = ${JSON.stringify(command)};
    const template = { command, pool: "p", ports: [${port}, ${port}], count: 0, host: "127.0.0.1", env: {}, aliases: [], grace: 1e6 };
    supervisor.configure({ it: template });
    supervisor.start("it", 1);
    process.stdin.on("data", (line) => eval(String(line)));`;
  const env = { ...process.env, PATH: path };
  const program = new Program(process.execPath, ["--input-type=module", "-e", code], { env });
  const words = command.map((word) => word.replace("{host}", "127.0.0.1").replace("{port}", `${port}`));
  // The copy is what was asked for once setpriv has become it.
  const running = () =>
    childrenOf(program.child.pid as number).filter((pid) => wordsOf(pid).join() === words.join());
  await eventually(() => expect(running(), program.stderr).toHaveLength(1));
  return { program, pids: running(), [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

type Supervising = Awaited<ReturnType<typeof supervising>>;

async function diesWith({ program, pids }: Supervising, ...others: readonly number[]) {
  const all = [...pids, ...others];
  expect(all.filter((pid) => !runs(pid))).toEqual([]);
  program.child.kill("SIGKILL");
  await eventually(() => expect(all.filter(runs)).toEqual([]));
}

/** What the copy has started. */
async function childOf({ pids }: Supervising): Promise<number> {
  const children = () => childrenOf(pids[0] as number);
  await eventually(() => expect(children()).toHaveLength(1));
  return children()[0] as number;
}

async function guardOf(parent: Supervising): Promise<number> {
  await eventually(() => expect(guardsOf(parent)).toHaveLength(1));
  return guardsOf(parent)[0] as number;
}

/** Processes that have called themselves guards, and so listen to signals by now. */
function guardsOf({ program }: Supervising): number[] {
  return childrenOf(program.child.pid as number).filter((pid) => wordsOf(pid)[0] === "lb-guard");
}

function wordsOf(pid: number): string[] {
  return valuesIn(`/proc/${pid}/cmdline`);
}

function environmentOf(pid: number): string[] {
  return valuesIn(`/proc/${pid}/environ`);
}

/** None where the process has ended. */
function valuesIn(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}
