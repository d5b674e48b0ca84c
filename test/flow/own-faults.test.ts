import { expect, test } from "vitest";
import { formatEndpoint } from "#lb/core/address";
import { configuredBalancer } from "../support/balancer-process.ts";
import { refusing } from "../support/dead-ends.ts";
import { fileOf } from "../support/file-of.ts";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, dialPeer } from "../support/peer.ts";

// Of TEST-NET-1, and so of no machine.
const NOT_OURS = "192.0.2.1";

test.each([
  ["is not ours", NOT_OURS, "EADDRNOTAVAIL"],
  ["is of the other family", "::1", "EINVAL"],
])(
  "a source address that %s is said in the record, and aloud once a second",
  async (_, localAddress, code) => {
    const clock = new ManualClock();
    await using server = await backend();
    await using balancer = await lab({ backends: [server.endpoint], localAddress, clock });
    for (let nth = 1; nth <= 3; nth++) {
      const client = await balancer.client();
      expect(await client.outcome()).toBe("end");
      client.finish();
      await balancer.ended(nth);
    }
    for (const record of balancer.records)
      expect(record).toMatchObject({
        ending: "connect-failed",
        attempts: [{ error: "connect-failed", code }],
      });
    const fault = { kind: "own-fault", pool: "main", code };
    expect(balancer.reports).toEqual([{ ...fault, dials: 1 }]);
    await clock.run(1_000);
    expect(balancer.reports).toEqual([
      { ...fault, dials: 1 },
      { ...fault, dials: 2 },
    ]);
    expect(await balancer.numbers("failed")).toEqual({ [formatEndpoint(server.endpoint)]: 0 });
  },
);

test("a backend's own refusal is said in the record, and aloud where no other answered", async () => {
  await using dead = await refusing();
  await using balancer = await lab({ backends: [dead.endpoint] });
  const client = await balancer.client();
  await client.outcome();
  client.finish();
  expect(await balancer.ended()).toMatchObject([{ attempts: [{ code: "ECONNREFUSED" }] }]);
  expect(balancer.reports).toEqual([{ kind: "unanswered", pool: "main", sessions: 1 }]);
});

test("an attempt that succeeded has no code", async () => {
  const clock = new ManualClock();
  await using server = await backend((peer) => peer.finish());
  await using balancer = await lab({ backends: [server.endpoint], clock });
  const client = await balancer.client();
  await client.outcome();
  client.finish();
  const [record] = await balancer.ended();
  expect(Object.keys(record?.attempts[0] ?? {})).toEqual(["backend", "address", "ms"]);
});

test("the command logs what an operator can do about it", async () => {
  await using server = await backend();
  await using file = await fileOf(`
    listeners: [{ listen: "127.0.0.1:0", pool: p }]
    pools: { p: { localAddress: ${NOT_OURS}, backends: [{ address: "${formatEndpoint(server.endpoint)}" }] } }`);
  await using balancer = await configuredBalancer(file.path);
  const client = await dialPeer(balancer.endpoint);
  expect(await client.outcome()).toBe("end");
  client.finish();
  await balancer.line(
    /"level":"warn".*"pool":"p","code":"EADDRNOTAVAIL","dials":1,"reason":"localAddress is not an address of this machine[^"]*","msg":"dials failed on our side"/,
  );
});
