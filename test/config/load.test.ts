import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Failure, UsageError } from "#lb/command/failure";
import { loadConfig } from "#lb/config/load";
import { ConfigMistakes } from "#lb/config/mistake";
import { file } from "./configured.ts";

const folder = mkdtempSync(join(tmpdir(), "lb-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function written(content: string | Uint8Array): string {
  const path = join(folder, "lb.yaml");
  writeFileSync(path, content);
  return path;
}

async function problem(attempt: Promise<unknown>): Promise<Error> {
  return (await attempt.then(
    () => new Error("nothing was wrong"),
    (error) => error,
  )) as Error;
}

describe("a file", () => {
  test("that is right becomes a configuration", async () => {
    const { listeners } = await loadConfig({ config: written(file()) });
    expect(listeners[0]?.name).toBe("web");
  });

  test("that is wrong is refused with every mistake, each under the file's name and line", async () => {
    const path = written(file("a: 1\nb: 2"));
    const error = await problem(loadConfig({ config: path }));
    expect(error).toBeInstanceOf(ConfigMistakes);
    expect(error.message.split("\n")).toEqual([
      `${path} has 2 mistakes`,
      expect.stringContaining(`${path}:3: a: expected one of the keys`),
      expect.stringContaining(`${path}:4: b: expected one of the keys`),
    ]);
  });

  test.each([
    ["that does not exist", () => join(folder, "none.yaml"), "does not exist"],
    ["that is a folder", () => folder, "is a folder, expected a file"],
    ["that is larger than 1 MiB", () => written(`#${" ".repeat(1 << 20)}`), "is too large"],
    ["that never ends", () => "/dev/zero", "is too large"],
    ["that is not text", () => written(Uint8Array.of(0xff, 0xfe, 0)), "is not text"],
  ])("%s is a failure of one line", async (_, path, message) => {
    const error = await problem(loadConfig({ config: path() }));
    expect(error).toBeInstanceOf(Failure);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("\n");
  });

  test("may be a pipe, and may begin with a byte order mark", async () => {
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    const loading = loadConfig({ config: fifo });
    writeFileSync(fifo, `\ufeff${file()}`);
    expect((await loading).listeners).toHaveLength(1);
  });
});

describe("flags alone", () => {
  test("make one listener and one pool, both main, with the schema's defaults", async () => {
    const config = await loadConfig({ algorithm: "p2c", backends: ["127.0.0.1:9001", "[::1]:9002#3"] });
    expect(config.listeners).toMatchObject([{ name: "main", pool: "main", listen: { port: 8080 } }]);
    expect(config.pools.main).toMatchObject({
      algorithm: "p2c",
      attempts: 3,
      backends: [
        { name: "127.0.0.1:9001", weight: 1 },
        { name: "[::1]:9002", weight: 3 },
      ],
    });
  });

  test("default to three backends", async () => {
    const { pools, log } = await loadConfig({ algorithm: "first", logLevel: "warn" });
    expect(pools.main?.backends.map(({ name }) => name)).toEqual(
      [9001, 9002, 9003].map((port) => `127.0.0.1:${port}`),
    );
    expect(log.level).toBe("warn");
  });

  test.each([
    [{}, "expected an algorithm (round-robin"],
    [{ algorithm: "fastest" }, "algorithm: expected one of round-robin"],
    [{ algorithm: "first", listen: "nowhere" }, "--listen: expected host:port"],
    [{ algorithm: "first", backends: ["127.0.0.1:1#x"] }, "--backend: expected a whole number from 0 to 256"],
    [
      { algorithm: "first", backends: ["127.0.0.1:0"] },
      "--backend: expected host:port, [ipv6]:port or unix:/path (port 1 to 65535)",
    ],
    [
      { algorithm: "first", backends: ["127.0.0.1:99999"] },
      "--backend: expected host:port, [ipv6]:port or unix:/path (port 1 to 65535)",
    ],
    [
      { algorithm: "first", backends: ["a:1", "a:1"] },
      "--backend: expected a name no other backend of the pool has",
    ],
    [
      { algorithm: "first", listen: "127.0.0.1:1", backends: ["localhost:1"] },
      '--backend: expected a backend that does not lead back to its own listener, got "localhost:1", where',
    ],
  ])("%j is a usage error of one line", async (flags, message) => {
    const error = await problem(loadConfig(flags));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("\n");
  });
});

describe("flags beside a file", () => {
  const two = file().replace("pools: {", "pools: { other: { algorithm: first },");

  test("stand in for its listener, its backends and its log level", async () => {
    const flags = { listen: "127.0.0.1:0", backends: ["127.0.0.1:7001#2"], logLevel: "error" } as const;
    const config = await loadConfig({ config: written(file("log: { format: json }")), ...flags });
    expect(config.listeners).toMatchObject([{ name: "web", listen: { port: 0 } }]);
    expect(config.pools.ping?.backends).toMatchObject([{ name: "127.0.0.1:7001", weight: 2 }]);
    expect(config.log).toMatchObject({ level: "error", format: "json" });
  });

  test("an algorithm replaces every pool's", async () => {
    const { pools } = await loadConfig({ config: written(two), algorithm: "maglev" });
    expect(Object.values(pools).map(({ algorithm }) => algorithm)).toEqual(["maglev", "maglev"]);
  });

  test.each([{ listen: "127.0.0.1:0" }, { backends: ["127.0.0.1:7001"] }])(
    "%j has no place in a file with two pools",
    async (flags) => {
      const error = await problem(loadConfig({ config: written(two), ...flags }));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toMatch(/need a file with one listener and one pool.* 1 listeners? and 2 pools$/);
    },
  );

  test("leave the file's own mistakes to be told", async () => {
    const error = await problem(loadConfig({ config: written("listeners: 3"), listen: "127.0.0.1:0" }));
    expect(error).toBeInstanceOf(ConfigMistakes);
  });
});
