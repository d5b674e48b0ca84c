import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CommandProcess, canReplaceFiles, start } from "../support/process.ts";

const folder = mkdtempSync(join(tmpdir(), "names-"));
const hosts = join(folder, "hosts");
writeFileSync(hosts, "127.0.0.1 localhost\n::1 localhost\n");
afterAll(() => rmSync(folder, { recursive: true }));

// Needs a mount namespace, for a hosts file of its own.
test.skipIf(!canReplaceFiles()).each([
  ["clients/client.js", ["--requests", "3"]],
  ["clients/client.js", ["--requests", "3", "--http", "/"]],
  ["stress/stress.js", ["1", "3", "--out", join(folder, "results.json")]],
] as const)(
  "%s finds a server that listens on one of the addresses of localhost: %j",
  async (script, flags) => {
    const http = flags.some((flag) => flag === "--http");
    await using server = start(http ? "servers/web.js" : "servers/ping.js", "::1", "0");
    const [, port] = await server.line(/\[::1\]:(\d+)/);
    const args = ["--to", `localhost:${port}`, ...flags];
    await using command = new CommandProcess(script, args, { files: { "/etc/hosts": hosts } });
    const { code, stderr } = await command.exit();
    expect({ code, stderr }).toMatchObject({ code: 0 });
  },
);
