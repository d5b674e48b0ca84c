import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { type Child, ChildFailure } from "#lb/command/child";
import { Children } from "#lb/command/children";
import { Failure } from "#lb/command/failure";
import { type Program, script } from "#lb/command/program";
import { listening, saying } from "#lb/command/signs";
import { eventually } from "../support/eventually.ts";
import { runs } from "../support/processes.ts";
import { installed, needing, Program as Parent } from "../support/program.ts";

const DIST = new URL("../../dist/", import.meta.url);
const PING = fileURLToPath(new URL("servers/ping.js", DIST));
const LONGEST_WORDS = 4_096;

/** A program that runs `code`, and ends where that lets it. */
const node = (code: string): Program => ({ name: "it", command: process.execPath, args: ["-e", code] });
const ready = saying("say that it is ready", (line) => (line === "ready" ? true : undefined));
const forEver = "setInterval(() => {}, 1e6);";
const sayReady = "console.log('ready');";

/** Of a child that is ready, so that it has heard of what it does with signals. */
async function started(children: Children, code: string): Promise<Child> {
  const child = children.start(node(code + forEver + sayReady));
  await child.until(ready);
  return child;
}

describe("a child is ready", () => {
  test("when it says so, which may tell more", async () => {
    await using children = new Children();
    const ping = children.start(script("ping", PING, ["127.0.0.1", "0"]));
    const address = await ping.until(
      saying("say where it listens", (line) => /^ping listening on (\S+)$/.exec(line)?.[1]),
    );
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test("when a line is whole, however it comes in", async () => {
    await using children = new Children();
    const child = children.start(
      node(
        `${forEver} process.stdout.write("a\\nrea"); setTimeout(() => process.stdout.write("dy\\nb\\n"), 20)`,
      ),
    );
    expect(await child.until(ready)).toBe(true);
  });

  test("when a connection to it stands", async () => {
    const folder = mkdtempSync(join(tmpdir(), "children-test-"));
    try {
      await using children = new Children();
      const path = join(folder, "socket");
      const child = children.start(
        node(`require("node:net").createServer().listen(${JSON.stringify(path)})`),
      );
      await child.until(listening({ kind: "unix", path }));
      expect(runs(child.pid)).toBe(true);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("or it is a Failure after the deadline, and it runs until it is told to end", async () => {
    await using children = new Children();
    const child = await started(children, "");
    const failure = child.until(ready, 50);
    await expect(failure).rejects.toThrow(new Failure("it did not say that it is ready within 0.05 s"));
    expect(runs(child.pid)).toBe(true);
    await child.end(0);
    expect(runs(child.pid)).toBe(false);
  });

  test("or it is a Failure with its last words, where it ends before", async () => {
    await using children = new Children();
    const child = children.start(
      node("console.error('first'); console.error('port is taken'); process.exit(3)"),
    );
    const error = await child.until(ready).catch((error) => error);
    expect(error).toBeInstanceOf(ChildFailure);
    expect(error).toMatchObject({
      message: "it ended before its time (exit code 3): port is taken",
      exit: { code: 3, signal: null, lastWords: "port is taken" },
    });
    expect(child.ending).toBe(false);
  });

  test("or it is a Failure that says what could not be started", async () => {
    await using children = new Children();
    const child = children.start({ name: "it", command: "nowhere-at-all" });
    await expect(child.until(ready)).rejects.toThrow(
      "it could not be started: nowhere-at-all does not exist",
    );
  });
});

describe("a child ends", () => {
  test("in order, when it is told to", async () => {
    await using children = new Children();
    const child = await started(children, "process.on('SIGTERM', () => process.exit(0));");
    expect(await child.end()).toEqual({ code: 0, signal: null, lastWords: "" });
    expect(child.ending).toBe(true);
  });

  test("by force, where it takes longer than its grace", async () => {
    await using children = new Children();
    const child = await started(children, "process.on('SIGTERM', () => {});");
    expect(await child.end(50)).toMatchObject({ code: null, signal: "SIGKILL" });
  });

  test("at once, where it has no grace, also in a later call", async () => {
    await using children = new Children();
    const child = await started(children, "process.on('SIGTERM', () => {});");
    const inOrder = child.end(Infinity);
    expect(await child.end(0)).toMatchObject({ code: null, signal: "SIGKILL" });
    expect(await inOrder).toMatchObject({ signal: "SIGKILL" });
  });

  test("also where a process that it leaves behind holds its output", async () => {
    await using children = new Children();
    const held = `require("node:child_process").spawn("sleep", ["5"], { stdio: "inherit", detached: true });`;
    const child = children.start(node(`console.log(${held.slice(0, -1)}.pid); process.exit(7)`));
    const left = await child.until(saying("say whom it left", Number));
    expect(await child.exited).toMatchObject({ code: 7 });
    expect(runs(left)).toBe(true);
    process.kill(left);
  });

  test("and is told apart by its exit code or its signal, whether it was told to end or not", async () => {
    await using children = new Children();
    const child = await started(children, "");
    process.kill(child.pid, "SIGINT");
    expect(await child.exited).toMatchObject({ code: null, signal: "SIGINT" });
  });
});

describe("the last words", () => {
  const wordsOf = async (children: Children, code: string) =>
    (await children.start(node(code)).exited).lastWords;

  test("of an error that was not caught are its message, not its stack", async () => {
    await using children = new Children();
    expect(await wordsOf(children, "throw new RangeError('too far')")).toBe("RangeError: too far");
  });

  test("of a chatty child are bounded, and it never waits for a reader", async () => {
    await using children = new Children();
    const many = `for (let i = 0; i < 64; i++) for (const out of [process.stdout, process.stderr]) out.write("x".repeat(65536));`;
    const child = children.start(node(`${sayReady} ${many}`));
    await child.until(ready);
    expect(await child.exited).toEqual({ code: 0, signal: null, lastWords: "x".repeat(LONGEST_WORDS) });
  });
});

test("a program has the environment it is given, beside this process's own", async () => {
  await using children = new Children();
  const code = "console.log([process.env.COLOUR, process.env.PATH].join())";
  const child = children.start({ ...node(code), env: { COLOUR: "blue" } });
  const said = await child.until(saying("say its environment", (line) => line));
  expect(said).toBe(`blue,${process.env.PATH}`);
});

test("a script of ours can be sent messages", async () => {
  await using children = new Children();
  const { args = [], ...program } = script("it", "-e");
  const child = children.start({
    ...program,
    args: [...args, "process.on('message', (n) => process.send(n + 1))"],
  });
  child.process.send(1);
  expect(await child.during(once(child.process, "message"))).toEqual([2, undefined]);
});

describe("all children end", () => {
  test("when they are told to, and none starts any more", async () => {
    const children = new Children();
    const pids = [await started(children, ""), await started(children, "")].map(({ pid }) => pid);
    await children.end();
    expect(pids.filter(runs)).toEqual([]);
    expect(() => children.start(node(""))).toThrow(new Failure("it is not started any more"));
  });

  test("when their parent ends, without a word to them", async () => {
    await using parent = await parentOf("script", "program");
    parent.program.child.stdin?.end("process.exit(0)\n");
    expect(await parent.program.code()).toBe(0);
    await eventually(() => expect(parent.pids.filter(runs)).toEqual([]));
  });

  test("when their parent is killed, where they are scripts of ours", async () => {
    await using parent = await parentOf("script");
    parent.program.child.kill("SIGKILL");
    await eventually(() => expect(parent.pids.filter(runs)).toEqual([]));
  });

  const setpriv = installed("setpriv");
  test.skipIf(setpriv === undefined)(
    needing("when their parent is killed, also where they are foreign programs", { setpriv }),
    async () => {
      await using parent = await parentOf("program");
      parent.program.child.kill("SIGKILL");
      await eventually(() => expect(parent.pids.filter(runs)).toEqual([]));
    },
  );
});

/** A process with children of these kinds, which runs the line it is given. */
async function parentOf(...kinds: ("script" | "program")[]) {
  const children = {
    script: `children.start(script("ping", ${JSON.stringify(PING)}, ["127.0.0.1", "0"])).pid`,
    program: `children.start({ name: "sleep", command: "sleep", args: ["1000"] }).pid`,
  };
  const code = `
    import { Children } from "${new URL("command/children.js", DIST)}";
    import { script } from "${new URL("command/program.js", DIST)}";
    const children = new Children();
    console.log(JSON.stringify([${kinds.map((kind) => children[kind])}]));
    process.stdin.on("data", (line) => eval(String(line)));`;
  const program = new Parent(process.execPath, ["--input-type=module", "-e", code]);
  await vi.waitUntil(() => program.stdout.endsWith("]\n"), { timeout: 50_000 });
  const pids = JSON.parse(program.stdout) as number[];
  return { program, pids, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}
