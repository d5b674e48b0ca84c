import { expect, test } from "vitest";
import { configFromFlags } from "#lb/config/from-flags";
import { snapshotOf } from "#lb/config/resolve";

test.each([
  ["127.0.0.1:8080", "127.0.0.1:8080"],
  ["127.0.0.1:8080", "0.0.0.0:8080"],
  ["0.0.0.0:8080", "127.0.0.5:8080"],
  ["127.0.0.1:8080", "localhost:8080"],
  ["localhost:8080", "localhost:8080"],
  ["[::1]:8080", "[::1]:8080"],
  ["[::1]:8080", "[::]:8080"],
  ["[::]:8080", "[::]:8080"],
  ["[::]:8080", "127.0.0.1:8080"],
  ["unix:/tmp/lb.sock", "unix:/tmp/lb.sock"],
])("refuses to listen on %s before the backend %s, which leads back", async (listen, backend) => {
  await expect(snapshotOf(config(listen, backend))).rejects.toThrow(/leads back to/);
});

test.each([
  ["127.0.0.1:8080", "127.0.0.1:8081"],
  ["127.0.0.1:8080", "127.0.0.2:8080"],
  ["0.0.0.0:8080", "192.0.2.1:8080"],
])("listens on %s before the backend %s", async (listen, backend) => {
  expect(await snapshotOf(config(listen, backend))).toMatchObject({ recordSessions: true });
});

test("looks names up, and leaves literal addresses as they are", async () => {
  const { listeners, pools } = await snapshotOf(config("localhost:8080", "[::1]:9001"));
  expect(listeners[0]?.endpoint).toEqual({ kind: "tcp", host: "127.0.0.1", port: 8080 });
  expect(pools[0]?.backends[0]?.endpoint).toEqual({ kind: "tcp", host: "::1", port: 9001 });
});

function config(listen: string, backend: string) {
  return configFromFlags({ algorithm: "first", listen, backends: [backend], logLevel: "info" });
}
