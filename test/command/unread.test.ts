import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { parseEndpoint } from "#lb/core/address";
import { eventually } from "../support/eventually.ts";
import { fileOf } from "../support/file-of.ts";
import { dialPeer } from "../support/peer.ts";
import { type CommandProcess, start } from "../support/process.ts";

const folder = mkdtempSync(join(tmpdir(), "unread-"));
afterAll(() => rm(folder, { recursive: true }));

const FILE = `
pools: { p: { backends: [{ address: "127.0.0.1:9" }] } }
listeners: [{ listen: "127.0.0.1:0", pool: p }]`;

test("check and --help end quietly where nobody reads what they print", async () => {
  await using file = await fileOf(FILE);
  for (const args of [["check", "--config", file.path], ["--help"], ["--version"]]) {
    await using lb = unread("lb.js", ...args);
    expect(await lb.exit()).toMatchObject({ code: 0, stderr: "" });
  }
});

test("the client stops asking once nobody reads the answers", async () => {
  await using ping = start("servers/ping.js", "127.0.0.1", "0");
  await using client = start("clients/client.js", "--to", await addressOf(ping), "--requests", "1000000");
  await client.line(/^pong/);
  client.leaveOutput();
  expect(await client.exit()).toMatchObject({ code: 0, signal: null, stderr: "" });
});

test("a test server goes on serving, and ends in order", async () => {
  await using ping = start("servers/ping.js", "127.0.0.1", "0", "--crash-every", "50ms", "--down-for", "1ms");
  const address = await addressOf(ping);
  ping.leaveOutput();
  // Each crash is told, or would be.
  for (let crashes = 0; crashes < 2; crashes++) await crash(address);
  ping.signal("SIGTERM");
  expect(await ping.exit()).toMatchObject({ code: 0, stderr: "" });
});

test("what writes files writes them", async () => {
  await using ping = start("servers/ping.js", "127.0.0.1", "0");
  const results = join(folder, "results.json");
  await using stress = unread(
    "stress/stress.js",
    ...["2", "3", "--to", await addressOf(ping), "--out", results],
  );
  expect(await stress.exit()).toMatchObject({ code: 0, stderr: "" });
  await using graph = unread("stress/graph.js", results, "--out", join(folder, "charts"));
  expect(await graph.exit()).toMatchObject({ code: 0, stderr: "" });
  expect(await readdir(join(folder, "charts"))).toContain("comparison.png");
});

test("what cannot be written for another reason is one line, and exit code 1", async () => {
  await using file = await fileOf(FILE);
  const lb = fileURLToPath(new URL("../../dist/lb.js", import.meta.url));
  const command = `exec "${process.execPath}" "${lb}" check --config "${file.path}" > /dev/full`;
  const { status, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: "lb: the output cannot be written: the disk is full\n",
  });
});

/** A command whose first word finds no reader. */
function unread(script: string, ...args: readonly string[]): CommandProcess {
  const command = start(script, ...args);
  command.leaveOutput();
  return command;
}

async function addressOf(server: CommandProcess): Promise<string> {
  const [, address] = await server.line(/listening on (\S+)/);
  return address as string;
}

/** Resolves when a connection that stood there was broken off. */
async function crash(address: string): Promise<void> {
  await eventually(async () => {
    const client = await dialPeer(parseEndpoint(address));
    expect(["reset", "end"]).toContain(await client.outcome());
  });
}
