import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { lab } from "../support/lab.ts";
import { backend, dialPeer, echo } from "../support/peer.ts";
import { testTransport, transportNames } from "../support/transport.ts";

describe.each(transportNames)("by %s", (transport) => {
  test("carries sessions that come in on a unix socket, whose client is called unix", async () => {
    const endpoint = socketPath();
    await using server = await backend(echo);
    await using balancer = await lab({
      endpoint,
      backends: [server.endpoint],
      transport: testTransport(systemClock, transport),
    });
    const client = await balancer.client();
    client.send("hello");
    expect((await client.bytes(5)).toString()).toBe("hello");
    client.finish();
    expect(await balancer.ended()).toMatchObject([{ client: "unix", ending: "done" }]);
  });

  test("lets the owner and the group connect, and takes its file away at the end", async () => {
    const endpoint = socketPath();
    const listening = await listen(endpoint);
    expect(statSync(endpoint.path).mode & 0o777).toBe(0o660);
    await listening.close();
    expect(existsSync(endpoint.path)).toBe(false);
  });

  test("replaces the file of a process that was killed", async () => {
    const endpoint = socketPath();
    const script = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script, endpoint.path]);
    expect(existsSync(endpoint.path)).toBe(true);
    const listening = await listen(endpoint);
    (await dialPeer(endpoint)).reset();
    await listening.close();
  });

  test("leaves a live socket, and any file that is no socket, alone", async () => {
    const endpoint = socketPath();
    const first = await listen(endpoint);
    await expect(listen(endpoint)).rejects.toMatchObject({ code: "EADDRINUSE" });
    (await dialPeer(endpoint)).reset();
    await first.close();
    writeFileSync(endpoint.path, "precious");
    await expect(listen(endpoint)).rejects.toMatchObject({ code: "ENOTSOCK" });
    expect(statSync(endpoint.path).size).toBe(8);
  });

  test("says of a folder that is not there, or is none, that it is so", async () => {
    const { path } = socketPath();
    await expect(listen({ kind: "unix", path: `${path}/s` })).rejects.toMatchObject({ code: "ENOENT", path });
    writeFileSync(path, "");
    await expect(listen({ kind: "unix", path: `${path}/s` })).rejects.toMatchObject({ code: "ENOTDIR" });
  });

  function socketPath() {
    return { kind: "unix", path: join(mkdtempSync(join(tmpdir(), "lb-")), "s.sock") } as const;
  }

  function listen(endpoint: Endpoint) {
    return testTransport(systemClock, transport).listen(endpoint, (connection) => connection.end());
  }
});
