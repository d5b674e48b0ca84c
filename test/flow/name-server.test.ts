import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Endpoint, formatEndpoint } from "#lb/core/address";
import { BalancerProcess } from "../support/balancer-process.ts";
import { fleet } from "../support/fleet.ts";
import { dialPeer } from "../support/peer.ts";
import { canReplaceFiles } from "../support/process.ts";

const SERVER = "127.0.0.9";
/** Needs a mount namespace, and the port that name servers have. */
const possible = canReplaceFiles() && (await bindable());

test.skipIf(!possible)("a name server that never answers delays no other pool, and no stop", async () => {
  using folder = temporary();
  using silent = await nameServer(() => undefined);
  await using servers = await fleet("a");
  const live = formatEndpoint(servers.members[0]?.endpoint as Endpoint);
  const files = { "/etc/resolv.conf": folder.file("resolv.conf", `nameserver ${SERVER}\n`) };
  const config = folder.file(
    "lb.yaml",
    `listeners: [{ name: p, listen: "127.0.0.1:0", pool: p }, { name: q, listen: "127.0.0.1:0", pool: q }]
pools:
  p: { backends: [{ address: "${live}" }] }
  q: { backends: [{ address: "one.example:1" }, { address: "two.example:1" }, { address: "three.example:1" }] }`,
  );
  const startedAtMs = performance.now();
  await using balancer = new BalancerProcess("lb.js", ["--config", config], { files });
  await balancer.listening();
  const client = await dialPeer(balancer.endpoint);
  expect((await client.bytes(1)).toString()).toBe("a");
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
  expect(silent.asked).toBeGreaterThan(0);
  client.reset();
  balancer.signal("SIGTERM");
  await balancer.line(/"msg":"stopped"/);
  const stoppedAtMs = performance.now();
  expect(await balancer.code()).toBe(0);
  expect(performance.now() - stoppedAtMs).toBeLessThan(2_500);
});

test.skipIf(!possible)(
  "names are found in the hosts file, and by the name server as the search list has it",
  async () => {
    using folder = temporary();
    using _server = await nameServer((question) =>
      question === "web.example.test" ? [127, 0, 0, 1] : undefined,
    );
    await using servers = await fleet("a", "b");
    const [a, b] = servers.members.map(({ endpoint }) => endpoint as { port: number });
    const files = {
      "/etc/resolv.conf": folder.file("resolv.conf", `nameserver ${SERVER}\nsearch example.test\n`),
      "/etc/hosts": folder.file("hosts", "127.0.0.1 written\n"),
    };
    const backends = ["--backend", `written:${a?.port}`, "--backend", `web:${b?.port}`];
    const flags = ["round-robin", "--listen", "127.0.0.1:0", ...backends];
    await using balancer = new BalancerProcess("lb.js", flags, { files });
    await balancer.listening();
    const served: string[] = [];
    for (let i = 0; i < 2; i++) {
      const client = await dialPeer(balancer.endpoint);
      served.push((await client.bytes(1)).toString());
      client.reset();
    }
    expect(served.sort()).toEqual(["a", "b"]);
  },
);

/** A folder for the test's files. */
function temporary() {
  const path = mkdtempSync(join(tmpdir(), "names-"));
  return {
    file(name: string, text: string): string {
      writeFileSync(join(path, name), text);
      return join(path, name);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

/** A name server that counts what it is asked, and is silent where it has no IPv4 address for it; IPv6 has none at all. */
async function nameServer(addressOf: (question: string) => readonly number[] | undefined) {
  const socket = createSocket("udp4");
  const made = { asked: 0, [Symbol.dispose]: () => void socket.close() };
  socket.on("message", (query, { address, port }) => {
    made.asked += 1;
    const { question, type, end } = questionIn(query);
    const found = addressOf(question);
    if (found === undefined) return;
    const answers = type === 1 ? [recordOf(found)] : [];
    const head = Buffer.concat([
      query.subarray(0, 2),
      Buffer.from([0x81, 0x80, 0, 1, 0, answers.length, 0, 0, 0, 0]),
    ]);
    socket.send(Buffer.concat([head, query.subarray(12, end), ...answers]), port, address);
  });
  await bound(socket);
  return made;
}

/** RFC 1035 §4.1.2. */
function questionIn(query: Buffer): { question: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { question: labels.join("."), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** RFC 1035 §4.1.3: an address of the name at offset 12, for ten seconds. */
function recordOf(address: readonly number[]): Buffer {
  return Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 10, 0, 4, ...address]);
}

async function bound(socket: Socket): Promise<void> {
  socket.bind(53, SERVER);
  await once(socket, "listening");
}

async function bindable(): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    await bound(socket);
    return true;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
