import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { byUring, uringAbsence } from "../../support/engines.ts";
import { eventually } from "../../support/eventually.ts";
import { dialPeer } from "../../support/peer.ts";

const NATIVE = new URL("../../../dist/transport/native/", import.meta.url).href;
const OPEN_FILES = 64;
/** How many system calls a listener may need while it rests, and far less than where it does not. */
const FEW = 100;

/** A process that greets its clients, by io_uring, once it has more descriptors; what it is told is how many to give back. */
const SCARCE = `
  import { closeSync, openSync } from "node:fs";
  const { Host } = await import("${NATIVE}host.js");
  const { libc } = await import("${NATIVE}libc.js");
  const { UringEngine } = await import("${NATIVE}uring.js");
  const say = (line) => process.stdout.write(line + "\\n");
  const files = [];
  process.stdin.on("data", (count) => {
    for (const file of files.splice(0, Number(count))) closeSync(file);
  });
  let calls = 0;
  const library = {
    ...libc(),
    ioUringEnter: (...args) => (calls++, libc().ioUringEnter(...args)),
    ...(process.argv[1] === "rests" && { accept4: () => -1 }),
  };
  const host = new Host(library, (told) => new UringEngine(library, told));
  const clock = {
    ...host.clock,
    now: () => host.clock.now(),
    after(ms, fn) {
      if (ms === 100) say("rests " + calls);
      return host.clock.after(ms, fn);
    },
  };
  host.start();
  const listening = await host.transport(clock).listen({ kind: "tcp", host: "127.0.0.1", port: 0 }, (client) => {
    void client.write(Buffer.from("hi"));
    client.end();
  });
  say("listens " + listening.endpoint.port);
  try {
    for (;;) files.push(openSync("/dev/null"));
  } catch {
    say("full");
  }
`;

describe.skipIf(uringAbsence !== undefined)(byUring, () => {
  test("a client for whom no descriptor is left is closed, and the next one is served", async () => {
    await using world = await scarce("turns away");
    for (let nth = 0; nth < 3; nth++) {
      const refused = await dialPeer(world.endpoint);
      expect([await refused.outcome(), refused.text]).toEqual(["end", ""]);
      refused.reset();
    }
    await world.giveBack(3);
    await eventually(async () => {
      const served = await dialPeer(world.endpoint);
      await served.outcome();
      served.reset();
      expect(served.text).toBe("hi");
    });
  });

  test("a listener that can accept nobody, not even to close it, rests, and serves who has waited", async () => {
    await using world = await scarce("rests");
    const client = await dialPeer(world.endpoint);
    await eventually(() => expect(world.said(/^rests/)).not.toHaveLength(0));
    const before = world.said(/^rests/).length;
    await eventually(() => expect(world.said(/^rests/).length).toBeGreaterThan(before + 3));
    const calls = world.said(/^rests/).map((line) => Number(line.slice(6)));
    expect((calls.at(-1) as number) - (calls[0] as number)).toBeLessThan(FEW);
    await world.giveBack(3);
    expect((await client.bytes(2)).toString()).toBe("hi");
    client.reset();
  });
});

async function scarce(way: "turns away" | "rests") {
  const limited = ["-c", `ulimit -n ${OPEN_FILES}; exec "$0" "$@"`];
  const child = spawn("sh", [...limited, process.execPath, "--input-type=module", "-e", SCARCE, way]);
  let output = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.pipe(process.stderr);
  const said = (pattern: RegExp) => output.split("\n").filter((line) => pattern.test(line));
  await eventually(() => expect(said(/^full/)).toHaveLength(1));
  const port = Number(said(/^listens/)[0]?.slice(8));
  const endpoint: Endpoint = { kind: "tcp", host: "127.0.0.1", port };
  return {
    endpoint,
    said,
    giveBack: (count: number) => new Promise((written) => child.stdin.write(`${count}`, written)),
    async [Symbol.asyncDispose]() {
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await exited;
    },
  };
}
