import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { formatEndpoint } from "#lb/core/address";
import { mayHaveEngines } from "#lb/transport/choose";
import { libc } from "#lb/transport/native/libc";
import { configuredBalancer } from "../support/balancer-process.ts";
import { eventually } from "../support/eventually.ts";
import { fileOf } from "../support/file-of.ts";
import { backend, dialPeer, echo, within } from "../support/peer.ts";

const LB = fileURLToPath(new URL("../../dist/lb.js", import.meta.url));
/** Node loads no addon then, koffi among them. */
const WITHOUT_KOFFI = ["--no-addons", LB, "round-robin", "--listen", "127.0.0.1:0"];

test.each(["epoll", "native"])(
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
      "lb: transport: epoll needs Linux on x64 or arm64 and the package koffi; expected auto or sockets here\n",
    );
  },
);

test("without koffi everything works on sockets", async () => {
  const balancer = spawn(process.execPath, WITHOUT_KOFFI, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  balancer.stdout.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  await eventually(() => expect(said).toContain('"msg":"started"'));
  expect(said).toContain('"transport":"sockets","config"');
  const refused = { transport: "epoll", reason: "needs Linux on x64 or arm64 and the package koffi" };
  if (mayHaveEngines())
    expect(said).toContain(JSON.stringify({ ...refused, msg: "transport refused" }).slice(1));
  balancer.kill("SIGTERM");
  expect(await within("the exit", once(balancer, "exit"))).toEqual([0, null]);
});

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
  expect(stderr).toContain("auto, native, epoll, sockets");
});

test.skipIf(libc() === undefined)(
  "a balancer by epoll serves, stops in order, and leaves no session",
  async () => {
    await using server = await backend(echo);
    await using file = await fileOf(`
      listeners: [{ listen: "127.0.0.1:0", pool: p }]
      pools: { p: { backends: [{ address: "${formatEndpoint(server.endpoint)}" }] } }`);
    await using balancer = await configuredBalancer(file.path, {}, "--transport", "epoll");
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
