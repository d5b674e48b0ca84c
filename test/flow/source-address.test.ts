import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { systemClock } from "#lb/core/clock";
import { ephemeralRange } from "#lb/transport/ephemeral-ports";
import { DialError } from "#lb/transport/transport";
import { fileOf } from "../support/file-of.ts";
import { lab } from "../support/lab.ts";
import { backend, type Peer } from "../support/peer.ts";
import { testTransport, transports } from "../support/transport.ts";

test("sessions to two backends may have the same source port", async () => {
  await using one = await backend();
  await using other = await backend();
  await using balancer = await lab({
    backends: [one.endpoint, other.endpoint],
    localAddress: "127.0.0.2",
    // Others leave the choice to the kernel.
    transport: transports.sockets(systemClock),
  });
  for (let nth = 0; nth < 20; nth++) await balancer.client();
  const ports = async (server: typeof one) => {
    const peers: Peer[] = [];
    while (peers.length < 10) peers.push(await server.next());
    return peers.map(({ socket }) => socket.remotePort).sort();
  };
  expect(await ports(one)).toEqual(await ports(other));
});

test("a port that another connection has is passed over", async () => {
  await using server = await backend();
  const [from, to] = ephemeralRange();
  const transport = transports.sockets(systemClock);
  const dial = () =>
    transport.dial(server.endpoint, { timeoutMs: 2_000, localAddress: "127.0.0.3" }).connection;
  const first = await dial();
  const begun = first.local?.port as number;
  const taken = begun + 1 > to ? from : begun + 1;
  const blocker = transports.sockets(systemClock);
  // Takes the next port first, from the same address to the same destination.
  const other = await blocker.dial(server.endpoint, { timeoutMs: 2_000, localAddress: "127.0.0.3" })
    .connection;
  expect(other.local?.port).toBe(taken);
  const second = await dial();
  expect(second.local?.port).toBe(taken + 1 > to ? from : taken + 1);
  for (const each of [first, other, second]) each.reset();
});

/** In a network of its own with twenty ephemeral ports: three servers, the balancer, and clients of many addresses. */
const FEW_PORTS = `
  import { spawn } from "node:child_process";
  import { writeFileSync } from "node:fs";
  import { connect, createServer } from "node:net";
  const listening = (name) => new Promise((resolve) => {
    const server = createServer((socket) => socket.on("error", () => {}).end(name));
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
  const ports = [await listening("a"), await listening("b"), await listening("c")];
  const [lb, file] = process.argv.slice(1);
  writeFileSync(file, JSON.stringify({
    listeners: [{ listen: "127.0.0.1:8080", pool: "p", timeouts: { fin: "10s" } }],
    pools: { p: { localAddress: "127.0.0.2", health: { probe: "off" }, outlier: { failures: "off" },
      backends: ports.map((port) => ({ address: "127.0.0.1:" + port })) } },
    log: { sessions: false },
  }));
  const balancer = spawn(process.execPath, [lb, "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => balancer.stdout.on("data", (chunk) => String(chunk).includes("listening") && resolve()));
  const served = await Promise.all(Array.from({ length: 45 }, (_, nth) => new Promise((resolve) => {
    const client = connect({ host: "127.0.0.1", port: 8080, localAddress: "127.0.1." + (nth + 1), allowHalfOpen: true });
    client.on("data", (chunk) => resolve(String(chunk))).on("end", () => resolve("")).on("error", () => resolve(""));
  })));
  process.stdout.write(served.sort().join(""));
  balancer.kill("SIGKILL");
  process.exit();
`;

test.skipIf(spawnSync("unshare", ["-n", "true"]).status !== 0)(
  "each destination has all ephemeral ports: with twenty of them 45 sessions to three backends are served",
  async () => {
    await using file = await fileOf("");
    const network = "ip link set lo up && echo 40000 40019 > /proc/sys/net/ipv4/ip_local_port_range";
    const script = 'exec "$0" --input-type=module -e "$1" "$2" "$3"';
    const lb = fileURLToPath(new URL("../../dist/lb.js", import.meta.url));
    const args = [process.execPath, FEW_PORTS, lb, file.path];
    const { stdout, stderr } = await promisify(execFile)(
      "unshare",
      ["-n", "sh", "-c", `${network} && ${script}`, ...args],
      {
        timeout: 50_000,
      },
    );
    expect(stderr).toBe("");
    expect(stdout).toBe("a".repeat(15) + "b".repeat(15) + "c".repeat(15));
  },
);

test("an address that this machine has not got is no matter of ports", async () => {
  await using server = await backend();
  const transport = testTransport(systemClock);
  const failed = await transport
    .dial(server.endpoint, { timeoutMs: 2_000, localAddress: "192.0.2.1" })
    .connection.catch((error) => error);
  expect(failed).toBeInstanceOf(DialError);
  expect(failed).toMatchObject({ failure: "local", code: "EADDRNOTAVAIL" });
});
