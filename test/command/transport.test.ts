import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { libc } from "#lb/transport/native/libc";
import { balancerProcess } from "../support/balancer-process.ts";
import { enginesHere, uringAbsence } from "../support/engines.ts";
import { eventually } from "../support/eventually.ts";
import { canForbid } from "../support/forbidden-calls.ts";
import { backend, dialPeer, echo, within } from "../support/peer.ts";
import { CommandProcess, canLimitMemory } from "../support/process.ts";

const LB = fileURLToPath(new URL("../../dist/lb.js", import.meta.url));
const DISABLED = ", which does not load: Cannot load native addon because loading addons is disabled.";
/** Node loads no addon then, koffi among them. */
const WITHOUT_KOFFI = ["--no-addons", LB, "round-robin", "--listen", "127.0.0.1:0"];

test.each(["epoll", "io_uring", "native"])(
  "%s where koffi cannot be loaded is one line that says what is missing",
  (transport) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...WITHOUT_KOFFI, "--transport", transport],
      {
        encoding: "utf8",
        timeout: 20_000,
      },
    );
    expect([status, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      `lb: transport: ${transport} needs Linux on x64 or arm64 and the package koffi${DISABLED}; expected auto, which takes what this machine has\n`,
    );
  },
);

test("without koffi the balancer says so once, and everything works on sockets", async () => {
  const env = { ...process.env, LB_TRANSPORT: undefined };
  const balancer = spawn(process.execPath, WITHOUT_KOFFI, { env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  balancer.stdout.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  await eventually(() => expect(said).toContain('"msg":"started"'));
  expect(said).toContain('"transport":"sockets","config"');
  const refusals = said.split("\n").filter((line) => line.includes('"msg":"transport refused"'));
  expect(refusals.map((line) => JSON.parse(line))).toMatchObject([
    { transport: "native", reason: `needs Linux on x64 or arm64 and the package koffi${DISABLED}` },
  ]);
  balancer.kill("SIGTERM");
  expect(await within("the exit", once(balancer, "exit"))).toEqual([0, null]);
});

test.skipIf(libc() === undefined)(
  "a start that fails while its thread still loads an addon lets it, and exits with its code",
  async () => {
    // V8 breaks off what runs where the process does not wait for it, and then nothing is said.
    const slow = `import { writeSync } from "node:fs";
      import { isMainThread } from "node:worker_threads";
      const load = process.dlopen;
      if (!isMainThread) process.dlopen = (...args) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
        load.apply(process, args);
        writeSync(1, "loaded");
      };`;
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(slow)}` };
    await using balancer = new CommandProcess("lb.js", ["--config", "/nowhere.yaml"], { env });
    expect(await balancer.exit()).toMatchObject({
      code: 1,
      stdout: "loaded",
      stderr: "lb: /nowhere.yaml does not exist\n",
    });
  },
);

test("a word that is no transport is told with those that are", () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [LB, "round-robin", "--transport", "carrier-pigeon"],
    {
      encoding: "utf8",
      timeout: 20_000,
    },
  );
  expect(status).toBe(2);
  expect(stderr).toContain("auto, native, io_uring, epoll, sockets");
});

test.each(enginesHere)(
  "a balancer by %s serves, stops in order, and leaves no session",
  async (transport) => {
    await using server = await backend(echo);
    await using balancer = await balancerProcess("first", [server.endpoint], {}, "--transport", transport);
    const client = await dialPeer(balancer.endpoint);
    client.send("through our own calls");
    expect((await client.bytes(21)).toString()).toBe("through our own calls");
    client.finish();
    expect(await client.outcome()).toBe("end");
    balancer.signal("SIGTERM");
    expect(await balancer.exit()).toMatchObject({ code: 0 });
    expect(balancer.records).toMatchObject([{ ending: "done", bytesIn: 21, bytesOut: 21 }]);
  },
);

/** Setting up a ring, entering it, and registering with it: a profile may lack one of them. */
const IO_URING_CALLS = [425, 426, 427];
const refusals = [
  {
    what: "too little memory may be locked",
    isHere: canLimitMemory(),
    launch: { lockedKib: 64 },
    reason: "needs 128 KiB of memory that this user may lock and has not locked yet (ulimit -l)",
  },
  ...IO_URING_CALLS.map((call) => ({
    what: `system call ${call} is forbidden`,
    isHere: canForbid(),
    launch: { forbidden: [call] },
    reason: "is forbidden here, by kernel.io_uring_disabled or a seccomp profile as Docker's",
  })),
];

describe.each(uringAbsence === undefined ? refusals.filter(({ isHere }) => isHere) : [])(
  "where $what",
  ({ launch, reason }) => {
    const env = { LB_TRANSPORT: undefined };

    test.each(["auto", "native"])(
      "%s says once why it is not io_uring, and serves by epoll",
      async (name) => {
        await using server = await backend(echo);
        await using balancer = await balancerProcess(
          "first",
          [server.endpoint],
          { ...launch, env },
          "--transport",
          name,
        );
        const client = await dialPeer(balancer.endpoint);
        client.send("all the same");
        expect((await client.bytes(12)).toString()).toBe("all the same");
        client.reset();
        await balancer.line(/"transport":"epoll".*"msg":"started"/);
        const refusals = balancer.stdout
          .split("\n")
          .filter((line) => line.includes('"msg":"transport refused"'));
        expect(refusals.map((line) => JSON.parse(line))).toMatchObject([{ transport: "io_uring", reason }]);
      },
    );

    test("io_uring, where it is asked for by name, is one line that says why not", async () => {
      await using balancer = new CommandProcess("lb.js", ["first", "--transport", "io_uring"], {
        ...launch,
        env,
      });
      expect(await balancer.exit()).toMatchObject({
        code: 1,
        stdout: "",
        stderr: `lb: transport: io_uring ${reason}; expected auto, which takes what this machine has\n`,
      });
    });
  },
);
