import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { formatEndpoint, parseEndpoint } from "#lb/core/address";
import { eventually } from "../support/eventually.ts";
import { backend, dialPeer, echo } from "../support/peer.ts";
import { needing } from "../support/program.ts";

const disk = mountedDisk();
disk?.[Symbol.dispose]();

test.skipIf(disk === undefined)(
  needing("a log on a disk that was full goes on once there is room, and says how many lines it lost", {
    "a disk of 64 KiB": disk && "mount",
  }),
  async () => {
    using small = mountedDisk() as Disk;
    const [log, ballast] = [join(small.path, "log"), join(small.path, "ballast")];
    await using server = await backend(echo);
    await using balancer = loggingTo(log, formatEndpoint(server.endpoint));
    const lines = () => readFileSync(log, "utf8").split("\n");
    await eventually(() => expect(lines().join()).toContain('"msg":"started"'));
    const [, address] = /"address":"([^"]+)"/.exec(lines().join()) as RegExpExecArray;
    const endpoint = parseEndpoint(address as string);
    fill(ballast);
    const full = balancer.said(
      /^lb: the log cannot be written: the disk is full; lines are dropped until it can be, /,
    );
    let sessions = 0;
    let heard = false;
    void full.then(() => {
      heard = true;
    });
    while (!heard) sessions += await session(endpoint);
    for (let i = 0; i < 5; i++) sessions += await session(endpoint);
    unlinkSync(ballast);
    await eventually(() => expect(lines().join()).toContain('"msg":"log lines dropped"'));
    sessions += await session(endpoint);
    await eventually(() => expect(lines().at(-2)).toContain('"msg":"session"'));
    const parsed = lines().filter(Boolean).flatMap(parsedLine);
    const dropped = parsed.reduce((sum, line) => sum + Number(line.dropped ?? 0), 0);
    const recorded = parsed.filter(({ msg }) => msg === "session").length;
    expect(dropped + recorded).toBe(sessions);
    expect(await balancer.stopped()).toEqual([0, 1]);
  },
);

interface Disk extends Disposable {
  readonly path: string;
}

/** A disk of 64 KiB; undefined where none may be mounted. */
function mountedDisk(): Disk | undefined {
  const path = mkdtempSync(join(tmpdir(), "disk-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path]).status === 0;
  const dispose = () => {
    if (mounted) spawnSync("umount", ["-l", path]);
    rmdirSync(path);
  };
  if (mounted) return { path, [Symbol.dispose]: dispose };
  dispose();
  return undefined;
}

/** Leaves not a byte. */
function fill(path: string): void {
  for (const size of [4096, 1]) {
    try {
      for (;;) writeFileSync(path, "x".repeat(size), { flag: "a" });
    } catch {
      // Full, to the size.
    }
  }
}

/** The balancer with its log in a file. */
function loggingTo(path: string, server: string) {
  const lb = fileURLToPath(new URL("../../dist/lb.js", import.meta.url));
  const command = 'exec "$0" "$1" first --listen 127.0.0.1:0 --backend "$2" > "$3"';
  const child = spawn("sh", ["-c", command, process.execPath, lb, server, path], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exit = once(child, "close");
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return {
    async said(pattern: RegExp) {
      while (!pattern.test(stderr)) await once(child.stderr, "data");
    },
    /** Its exit code, and how many lines it said on stderr. */
    async stopped() {
      child.kill("SIGTERM");
      const [code] = await exit;
      return [code, stderr.match(/\n/g)?.length];
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}

async function session(endpoint: Parameters<typeof dialPeer>[0]): Promise<1> {
  const client = await dialPeer(endpoint);
  client.send("still served");
  client.finish();
  expect(await client.outcome()).toBe("end");
  expect(client.text).toBe("still served");
  return 1;
}

/** Of a line that the full disk cut there is a part. */
function parsedLine(line: string): { readonly msg?: string; readonly dropped?: number }[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}
