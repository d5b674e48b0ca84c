import { expect, test } from "vitest";
import { configFromFlags } from "#lb/config/from-flags";

test.each([
  [["10.0.0.1"], /expected host:port.*got "10\.0\.0\.1"/],
  [["10.0.0.1:65536"], /port 0 to 65535/],
  [["10.0.0.1:0"], /expected a port from 1 to 65535/],
  [["10.0.0.1:1#257"], /weight from 0 to 256, got "10\.0\.0\.1:1#257"/],
  [["10.0.0.1:1#-1"], /weight from 0 to 256/],
  [["10.0.0.1:1#"], /weight from 0 to 256/],
  [["10.0.0.1:1#1#1"], /weight from 0 to 256/],
  [["10.0.0.1:1", "10.0.0.1:1#2"], /each backend once, got "10\.0\.0\.1:1" twice/],
])("refuses the backends %s with what was expected", (backends, expected) => {
  expect(() => config(backends)).toThrow(expected);
});

test("takes a weight from 0 to 256, and 1 where none is given", () => {
  const { pools } = config(["10.0.0.1:1", "[::1]:2#0", "unix:/run/a.sock#256"]);
  expect(pools[0]?.backends.map(({ name, weight }) => [name, weight])).toEqual([
    ["10.0.0.1:1", 1],
    ["[::1]:2", 0],
    ["unix:/run/a.sock", 256],
  ]);
});

function config(backends: readonly string[]) {
  return configFromFlags({ algorithm: "first", listen: "127.0.0.1:8080", backends, logLevel: "info" });
}
