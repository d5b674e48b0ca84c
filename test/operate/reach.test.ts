import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lb } from "./command.ts";
import { inItsPlace, operated } from "./operated.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "operate-"));
});
afterAll(() => rm(folder, { recursive: true }));

const ipv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

describe("the API is reached", () => {
  test("over a unix socket", async () => {
    const path = `unix:${join(folder, "admin.sock")}`;
    await using made = await operated({ admin: { listen: path } });
    expect(made.at).toBe(path);
    expect(await made.lbDoes("drain", "ping/b/c")).toMatchObject({ code: 0, stdout: "ping/b/c drains\n" });
    expect((await made.lbDoes("status")).stdout).toMatch(/^ {2}b\/c +drain /m);
  });

  test.each(["http://", "HTTP://", "Http://"])("at an address that begins with %s", async (scheme) => {
    const at = await inItsPlace((socket) => void socket.resume().end("HTTP/1.1 204 None\r\n\r\n"));
    expect((await lb("kill", "1", "--admin", `${scheme}${at}/`)).stdout).toBe("1 is ended\n");
  });

  test.skipIf(!ipv6)("over IPv6", async () => {
    await using made = await operated({ admin: { listen: "[::1]:0" } });
    expect(made.at).toMatch(/^\[::1\]:\d+$/);
    expect(await made.lbDoes("status")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^all is well/),
    });
  });
});

describe("where a token is wanted", () => {
  test("it comes from a file, alone or as a line of the balancer's own", async () => {
    const tokens = join(folder, "admin.token");
    await using made = await operated({ admin: { tokenFile: tokens } });
    const line = await readFile(tokens, "utf8");
    const alone = await file("alone.token", line.trim().split(" ").at(-1) as string);
    const commented = await file("commented.token", `# of the lab\n\n${line}`);
    for (const path of [tokens, alone, commented])
      expect(await made.lbDoes("drain", "ping/a", "--token-file", path)).toMatchObject({
        code: 0,
        stderr: "",
      });
  });

  test("none, a wrong one, and one that may only read are told apart, in words", async () => {
    const [reader, writer] = [1, 2].map(() => randomBytes(32).toString("base64url"));
    const tokens = await file("two.token", `root write ${writer}\ngraphs read ${reader}\n`, 0o600);
    await using made = await operated({ admin: { tokenFile: tokens } });
    const without = await made.lbDoes("status");
    expect([without.code, without.stderr]).toEqual([
      1,
      `lb: ${made.at} expects a token: --token-file names a file with one\n`,
    ]);
    const wrong = await file("wrong.token", "x".repeat(32));
    expect((await made.lbDoes("status", "--token-file", wrong)).stderr).toBe(
      `lb: ${made.at} does not know the token in ${wrong}\n`,
    );
    const reads = await file("reads.token", reader as string);
    expect((await made.lbDoes("status", "--token-file", reads)).code).toBe(0);
    expect(await made.lbDoes("drain", "ping/a", "--token-file", reads)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "lb: the token of graphs may only read\n",
    });
  });

  test.each([
    ["a file that is not there", () => join(folder, "none"), /none does not exist/],
    ["a folder", () => folder, /is a folder, expected a file/],
    ["a file without an end", () => "/dev/zero", /^lb: \/dev\/zero: expected a token, or lines/],
    ["an empty file", () => "/dev/null", /^lb: \/dev\/null: expected a token, or lines/],
    ["a file of something else", () => "/etc/passwd", /^lb: \/etc\/passwd: expected a token, or lines/],
  ])("%s is told, and nothing of what stands in it", async (_what, path, message) => {
    const { code, stdout, stderr } = await lb("status", "--token-file", path());
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("root");
    expect(lines(stderr)).toHaveLength(1);
  });

  async function file(name: string, text: string, mode = 0o644): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text, { mode });
    return path;
  }
});

describe("a server in its place is told, in one line and within its time, that", () => {
  const page =
    (body: string, head = "") =>
    (socket: Socket) => {
      socket.resume().end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${head}\r\n${body}`);
    };
  const refusing = (status: string, body: string) => (socket: Socket) => {
    socket.resume().end(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  };
  const row = (state: object, more: object) => {
    const administrative = { state: { ...state, source: "file" }, weight: { value: 1, source: "file" } };
    const backend = {
      name: "a",
      active: 0,
      share: 0,
      fairShare: 0,
      connected: 0,
      failed: 0,
      configured: { weight: 1, state: "ready" },
      address: null,
      administrative,
      operational: null,
      unresolved: null,
    };
    const pool = { name: "p", algorithm: "first", queued: 0, active: 0, backends: [{ ...backend, ...more }] };
    return JSON.stringify({ listeners: [], pools: [pool] });
  };
  const ready = { value: "ready", since: "2026-01-01T00:00:00.000Z" };

  test.each([
    ["hangs up", (socket) => void socket.end(), /broke the answer off: is it the admin API\?$/],
    ["resets", (socket) => void socket.resetAndDestroy(), /broke the answer off: is it the admin API\?$/],
    [
      "breaks off in the middle",
      (socket) => void socket.resume().end("HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n{"),
      /broke the answer off/,
    ],
    [
      "speaks another protocol",
      (socket) => void socket.resume().end("220 mail ESMTP\r\n"),
      /answered something that is no HTTP/,
    ],
    [
      "becomes another protocol",
      (socket) => void socket.resume().end("HTTP/1.1 101 Other\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
      /broke the answer off|did not answer/,
    ],
    [
      "answers with a page",
      page("<html>"),
      /answered something that is no JSON: is it the admin API, and of this version\?$/,
    ],
    ["answers with nothing", page(""), /answered something that this command does not understand/],
    ["answers with null", page("null"), /does not understand/],
    ["answers with other JSON", page('{"pools":[{}]}'), /does not understand/],
    ["has other states", page(row({ ...ready, value: "\u001b[31m" }, {})), /does not understand/],
    ["has other times", page(row({ ...ready, since: "yesterday" }, {})), /does not understand/],
    ["has a text for a number", page(row(ready, { active: "\u001b[31m" })), /does not understand/],
    ["is open without end", page(`[${"[".repeat(5_000_000)}`), /no JSON/],
    ["answers with too much", (socket) => flood(socket), /answered with more than 16 MiB$/],
    ["sends elsewhere", refusing("302 Found", ""), /answered with the status 302: is it the admin API\?$/],
    ["fails with a page", refusing("502 Bad Gateway", "<html>"), /answered with the status 502: is it/],
    ["fails in JSON of its own", refusing("500 Oh", '{"error":"no"}'), /answered with the status 500: is it/],
    [
      "wants to move the cursor",
      refusing("409 Conflict", '{"error":{"message":"a\\u001b[31m\\nb\\u202ec"}}'),
      /^lb: a\\u001b\[31m\\u000ab\\u202ec$/,
    ],
    [
      "has much to say",
      refusing("409 Conflict", JSON.stringify({ error: { message: "x".repeat(100_000) } })),
      /^lb: x{1000}$/,
    ],
  ] as readonly [string, (socket: Socket) => void, RegExp][])("it %s", (_what, serve, message) =>
    isTold(serve, message),
  );

  test("it says nothing at all, says it by and by, or never ends", async () => {
    const servers = [
      (socket: Socket) => void socket.resume(),
      (socket: Socket) => dribble(socket, "HTTP/1.1 200 OK\r\n\r\n"),
      (socket: Socket) => dribble(socket, "", "HTTP/1.1 200 OK\r\n\r\n"),
    ];
    await Promise.all(servers.map((serve) => isTold(serve, /did not answer within 5 s$/)));
  });

  test("a command is not done where that is not what was answered", async () => {
    const admin = ["--admin", await inItsPlace(page("{}"))];
    for (const words of [
      ["kill", "1"],
      ["explain", "1"],
      ["ready", "p/a"],
      ["drain", "p/a", "--wait"],
    ])
      expect(await lb(...words, ...admin)).toMatchObject({ code: 1, stdout: "" });
  });
});

test.each([
  [["--admin", "127.0.0.1:1"], "nothing listens on 127.0.0.1:1: is `admin` configured? --admin says where"],
  [
    ["--admin", "unix:/no/such.sock"],
    "nothing listens on unix:/no/such.sock: is `admin` configured? --admin says where",
  ],
  [
    ["--admin", "no.such.host.invalid:80"],
    expect.stringMatching(/^no\.such\.host\.invalid:80 (is an unknown name|could not be looked up)/),
  ],
])("where nothing is to be reached %j, that is told", async (flags, message) => {
  const { code, stdout, stderr } = await lb("status", ...flags);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr.replace(/^lb: /, "").trimEnd()).toEqual(message);
});

async function isTold(serve: (socket: Socket) => void, message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await lb("status", "--admin", await inItsPlace(serve));
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr.trimEnd()).toMatch(message);
  expect(lines(stderr)).toHaveLength(1);
}

function lines(text: string): string[] {
  return text.trimEnd().split("\n");
}

/** A byte now and then, so that silence alone does not tell. */
function dribble(socket: Socket, text: string, head = ""): void {
  socket.resume().write(head);
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++] ?? " "), 400);
  socket.once("close", () => clearInterval(timer));
}

function flood(socket: Socket): void {
  const chunk = Buffer.alloc(1024 * 1024, " ");
  let left = 20;
  const go = () => {
    if (left-- > 0) socket.write(chunk, go);
  };
  socket.resume().write("HTTP/1.1 200 OK\r\n\r\n", go);
}
