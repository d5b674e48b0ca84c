import { expect, test } from "vitest";
import { algorithmNames } from "#lb/algorithms/index";
import { formatEndpoint } from "#lb/core/address";
import { balancerProcess } from "../support/balancer-process.ts";
import { backend, dialPeer } from "../support/peer.ts";
import { run, start } from "../support/process.ts";

test("says where it listens, with the real port, and serves there", async () => {
  await using server = await backend((peer) => peer.send("hi"));
  await using balancer = await balancerProcess("p2c", [server.endpoint]);
  const line = JSON.parse(balancer.stdout.split("\n")[0] as string);
  expect(line).toMatchObject({
    msg: "listening",
    listener: "main",
    address: formatEndpoint(balancer.endpoint),
  });
  expect(line.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
  const client = await dialPeer(balancer.endpoint);
  expect((await client.bytes(2)).toString()).toBe("hi");
  client.reset();
});

test("spreads by the weights of its flags", async () => {
  await using one = await backend((peer) => peer.send("1"));
  await using two = await backend((peer) => peer.send("2"));
  const flags = ["--backend", `${formatEndpoint(one.endpoint)}#2`, "--backend", formatEndpoint(two.endpoint)];
  await using balancer = start("lb.js", "round-robin", "--listen", "127.0.0.1:0", ...flags);
  const [, port] = await balancer.line(/"address":"127\.0\.0\.1:(\d+)"/);
  const endpoint = { kind: "tcp", host: "127.0.0.1", port: Number(port) } as const;
  for (let i = 0; i < 30; i++) await (await dialPeer(endpoint)).bytes(1);
  expect([one, two].map(({ peers }) => peers.length)).toEqual([20, 10]);
});

test.each([
  ["no algorithm", [], /expected an algorithm: round-robin, least-connections/],
  ["an unknown algorithm", ["fastest"], /expected one of round-robin, .*got "fastest"/],
  ["an unknown option", ["first", "--backends", "127.0.0.1:1"], /backends/],
  [
    "two listen addresses",
    ["first", "--listen", "[::1]:1", "--listen", "[::1]:2"],
    /--listen may be given once/,
  ],
  ["a wrong address", ["first", "--listen", "127.0.0.1"], /expected host:port.*got "127\.0\.0\.1"/],
  ["itself as backend", ["first", "--backend", "localhost:8080"], /leads back to 127\.0\.0\.1:8080/],
])("answers %s with what was expected, and exit code 2", async (_, args, expected) => {
  const { code, stdout, stderr } = await run("lb.js", ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(expected);
  expect(stderr.trimEnd().split("\n")).toEqual([expect.stringMatching(/^lb: /), "Try: lb --help"]);
});

test("answers a port that is taken with one line, and exit code 1", async () => {
  await using taken = await backend();
  const address = formatEndpoint(taken.endpoint);
  const { code, stderr } = await run("lb.js", "first", "--listen", address);
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`^lb: ${address} is taken; .*\n$`));
});

test("shows every algorithm and three real examples", async () => {
  const { code, stdout } = await run("lb.js", "--help");
  expect(code).toBe(0);
  expect(stdout.match(/^ +lb (round-robin|p2c|maglev)\b.*$/gm)).toHaveLength(3);
  for (const name of algorithmNames) expect(stdout).toContain(name);
});

test("says its version", async () => {
  const { code, stdout } = await run("lb.js", "--version");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
