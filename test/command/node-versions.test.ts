import { execFileSync } from "node:child_process";
import { readlinkSync, realpathSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatEndpoint } from "#lb/core/address";
import { enginesHere } from "../support/engines.ts";
import { eventually } from "../support/eventually.ts";
import { backend, dialPeer, echo, type TestBackend } from "../support/peer.ts";
import { SteeredProcess } from "../support/steered-process.ts";

/** The Nodes that run the command, beside that of the tests: LB_NODES=/path/to/node22,/path/to/node24. */
const nodes = [process.execPath, ...(process.env.LB_NODES?.split(",") ?? [])];
const versions = nodes.map((node) => [versionOf(node), node] as const);
const transports = ["sockets", ...enginesHere];
const BACKENDS = "/api/v1/pools/p/backends";

describe.each(versions)("Node %s", (_version, node) => {
  test.each(transports)(
    "serves, reads its file again, drains by its API and stops in order, by %s",
    async (transport) => {
      await using first = await backend(echo);
      await using second = await backend(echo);
      await using lb = await SteeredProcess.start(configOf(transport, { first }), { node });
      const { balancer } = lb;
      const [line] = await balancer.line(/^.*"msg":"started".*$/);
      expect(JSON.parse(line)).toMatchObject({ transport });
      expect(readlinkSync(`/proc/${balancer.pid}/exe`)).toBe(realpathSync(node));

      const kept = await dialPeer(balancer.endpoint);
      kept.send("one");
      expect((await kept.bytes(3)).toString()).toBe("one");
      await lb.reload(configOf(transport, { first, second }));
      await balancer.line(/"msg":"reloaded"/);
      expect((await lb.ask("PATCH", `${BACKENDS}/first`, { state: "drain" })).status).toBe(200);
      const later = await dialPeer(balancer.endpoint);
      const large = Buffer.alloc(1024 * 1024, "a line of text\n");
      later.send(large);
      expect((await later.bytes(large.length)).equals(large)).toBe(true);
      kept.send("two");
      expect((await kept.bytes(6)).toString()).toBe("onetwo");

      for (const peer of [kept, later]) {
        peer.finish();
        expect(await peer.outcome()).toBe("end");
      }
      await balancer.line(/"backend":"first".*"msg":"backend drained"/);
      await eventually(() => expect(balancer.records).toHaveLength(2));
      balancer.signal("SIGTERM");
      expect(await balancer.exit()).toMatchObject({ code: 0, stderr: "" });
      expect(balancer.records.map(({ ending, backend: to }) => [ending, to])).toEqual([
        ["done", "first"],
        ["done", "second"],
      ]);
      expect(balancer.stdout).not.toMatch(/"level":"(?:error|fatal)"/);
    },
  );
});

function configOf(transport: string, servers: Readonly<Record<string, TestBackend>>) {
  const backends = Object.entries(servers).map(([name, { endpoint }]) => ({
    name,
    address: formatEndpoint(endpoint),
  }));
  return {
    transport,
    listeners: [{ name: "web", listen: "127.0.0.1:0", pool: "p" }],
    pools: { p: { algorithm: "first", backends } },
  };
}

function versionOf(node: string): string {
  return execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
}
