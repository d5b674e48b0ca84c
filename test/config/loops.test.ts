import { describe, expect, test } from "vitest";
import { snapshotOf } from "#lb/control/snapshot";
import { mistakesIn, wantedBy } from "./configured.ts";

function chain(...steps: readonly (readonly [listen: string, backend: string])[]): string {
  const listeners = steps.map(([listen], at) => `{ name: l${at}, listen: "${listen}", pool: p${at} }`);
  const pools = steps.map(([, backend], at) => `p${at}: { backends: [{ address: "${backend}" }] }`);
  return `listeners: [${listeners}]\npools: { ${pools} }`;
}

describe("a loop is refused", () => {
  test.each([
    ["the listener itself", chain(["127.0.0.1:8080", "127.0.0.1:8080"])],
    ["a listener on all addresses", chain(["0.0.0.0:8080", "127.0.0.7:8080"])],
    ["a listener on all addresses of both families", chain(["[::]:8080", "127.0.0.1:8080"])],
    ["a backend at the wildcard", chain(["127.0.0.1:8080", "0.0.0.0:8080"])],
    ["a backend at the wildcard of IPv6", chain(["[::1]:8080", "[::]:8080"])],
    ["another spelling", chain(["[::1]:8080", "[0:0:0:0:0:0:0:1]:8080"])],
    ["IPv4 in IPv6's clothes", chain(["127.0.0.1:8080", "[::ffff:127.0.0.1]:8080"])],
    ["localhost", chain(["127.0.0.1:8080", "localhost:8080"])],
    ["a unix socket", chain(["unix:/run/a", "unix:/run/a"])],
    ["two listeners", chain(["127.0.0.1:1", "127.0.0.1:2"], ["127.0.0.1:2", "127.0.0.1:1"])],
    [
      "three listeners",
      chain(["127.0.0.1:1", "127.0.0.1:2"], ["127.0.0.1:2", "127.0.0.1:3"], ["127.0.0.1:3", "127.0.0.1:1"]),
    ],
  ])("%s", (_, text) => {
    expect(mistakesIn(text).join("\n")).toContain(
      "pools.p0.backends[0].address: expected a backend that does not lead back",
    );
  });
});

describe("no loop", () => {
  test.each([
    ["one listener before another", chain(["127.0.0.1:1", "127.0.0.1:2"], ["127.0.0.1:2", "127.0.0.1:3"])],
    ["another loopback address", chain(["127.0.0.1:8080", "127.0.0.2:8080"])],
    ["IPv6 behind a listener for IPv4", chain(["0.0.0.0:8080", "[::1]:8080"])],
    ["another machine", chain(["0.0.0.0:8080", "192.0.2.1:8080"])],
  ])("%s", (_, text) => expect(mistakesIn(text)).toEqual([]));
});

test("only the backend that closes the loop is named, not the one before it", () => {
  const text = chain(["127.0.0.1:1", "127.0.0.1:2"], ["127.0.0.1:2", "127.0.0.1:2"]);
  expect(mistakesIn(text)).toEqual([
    'lb.yaml:2: pools.p1.backends[0].address: expected a backend that does not lead back to its own listener, got "127.0.0.1:2", where 127.0.0.1:2 listens',
  ]);
});

test("both are shown as they are written, once, however many of their addresses lead back", () => {
  expect(mistakesIn(chain(["[::]:8080", "localhost:8080"]))).toEqual([
    expect.stringMatching(/got "localhost:8080", where \[::\]:8080 listens$/),
  ]);
  const wanted = wantedBy(chain(["front.example:8080", "me.example:8080"]));
  expect(() => snapshotOf(wanted, () => ["127.0.0.1"], 1_000)).toThrow(
    'got "me.example:8080", where front.example:8080 listens',
  );
});

test("a name that leads back is found once it is looked up", () => {
  const wanted = wantedBy(chain(["127.0.0.1:8080", "me.example:8080"]));
  expect(() => snapshotOf(wanted, () => ["192.0.2.1", "127.0.0.1"], 1_000)).toThrow(
    "pools.p0.backends[0].address",
  );
  expect(snapshotOf(wanted, () => ["192.0.2.1"], 1_000).pools).toHaveLength(1);
});
