import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { run } from "../support/process.ts";
import { lb } from "./command.ts";
import { type Operated, operated } from "./operated.ts";

test("drain, maint, ready and weight say something of a backend, split at the first slash", async () => {
  await using made = await operated();
  const states = async () => {
    const { pools } = JSON.parse((await made.lbDoes("status", "--json")).stdout);
    return pools[0].backends.map(({ administrative: { state, weight } }: never) => [
      (state as { value: string }).value,
      (weight as { value: number }).value,
    ]);
  };
  expect((await made.lbDoes("drain", "ping/b/c")).stdout).toBe("ping/b/c drains\n");
  expect((await made.lbDoes("maint", "ping/a")).stdout).toBe("ping/a is in maintenance\n");
  expect(await states()).toEqual([
    ["maint", 1],
    ["drain", 1],
  ]);
  expect((await made.lbDoes("ready", "ping/a")).stdout).toBe("ping/a is ready\n");
  expect((await made.lbDoes("weight", "ping/b/c", "7")).stdout).toBe("ping/b/c has the weight 7\n");
  expect(await states()).toEqual([
    ["ready", 1],
    ["drain", 7],
  ]);
});

test("explain says why a session got its backend, and kill ends it", async () => {
  await using made = await operated({ admin: { decisions: "always" } });
  const peer = await made.session();
  const id = await oldestOf(made);
  expect((await made.lbDoes("explain", id)).stdout).toMatch(/^(a|b\/c): its turn, of 2\n$/);
  const explained = JSON.parse((await made.lbDoes("explain", id, "--json")).stdout);
  expect(explained).toMatchObject({
    decisions: [{ session: id, how: "ranked", candidates: [{}, {}] }],
    recording: "always",
  });
  expect((await made.lbDoes("kill", id)).stdout).toBe(`${id} is ended\n`);
  expect(await peer.outcome()).toBe("end");
  peer.finish();
  await eventually(async () =>
    expect((await made.lb.ask("GET", "/api/v1/sessions")).body).toEqual({ sessions: [] }),
  );
  const again = await made.lbDoes("kill", id);
  expect([again.code, again.stdout, again.stderr]).toEqual([
    1,
    "",
    `lb: there is no session ${id} that lives\n`,
  ]);
});

test("where nothing was recorded, explain says why, and how to record", async () => {
  await using made = await operated();
  const peer = await made.session();
  const { code, stdout, stderr } = await made.lbDoes("explain", await oldestOf(made));
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(
    /^lb: it was not recorded, because recording was off; .* `admin: { decisions: always }`\n$/,
  );
  expect(await made.lbDoes("explain", "1e5")).toMatchObject({
    code: 1,
    stderr: "lb: there was no such session\n",
  });
  peer.finish();
});

test("while the store cannot be written a word is in force, and the command warns that it is not stored", async () => {
  const folder = await mkdtemp(join(tmpdir(), "operate-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const kept = join(folder, "kept");
  await mkdir(kept);
  await using made = await operated({ store: { kind: "file", path: join(kept, "words.json") } });
  expect((await made.lbDoes("drain", "ping/a")).stderr).toBe("");
  await rename(kept, `${kept}-away`);
  expect(await made.lbDoes("weight", "ping/a", "3")).toMatchObject({
    code: 0,
    stdout: "ping/a has the weight 3\n",
    stderr: "lb: warning: it is in force, and not stored yet: the store is down\n",
  });
});

describe("what is wrong is one line that says what to do", () => {
  test.each([
    [["drain"], /drain expects POOL\/BACKEND/],
    [["weight", "ping/a"], /weight expects a weight from 0 to 256/],
    [["kill"], /kill expects the id of a session/],
    [["kill", ""], /kill expects the id of a session/],
    [["drain", "ping"], /backend: expected POOL\/BACKEND, got "ping"/],
    [["drain", "ping/"], /backend: expected POOL\/BACKEND, got "ping\/"/],
    [["drain", "/a"], /backend: expected POOL\/BACKEND, got "\/a"/],
    [["drain", "ping/a", "ping/b"], /Unknown argument: ping\/b/],
    [["weight", "ping/a", "257"], /weight: expected a whole number from 0 to 256, got "257"/],
    [["weight", "ping/a", "-1"], /weight: expected a whole number from 0 to 256, got "-1"/],
    [["drain", "ping/a", "--within", "soon"], /--within: expected a duration such as/],
    [
      ["drain", "ping/a", "--within", "99999h"],
      /--within: expected a duration of at most 576h, got "99999h"/,
    ],
    [["ready", "ping/a", "--within", "1s"], /Unknown argument: within/],
    [
      ["status", "--admin", "nowhere"],
      /--admin: expected host:port, \[ipv6\]:port or unix:\/path, got "nowhere"/,
    ],
    [["status", "--admin", "a:1", "--admin", "b:1"], /--admin may be given once/],
    [["status", "--config", "lb.yaml"], /Unknown argument: config/],
    [["status", "--listen", "127.0.0.1:1"], /Unknown argument: listen/],
    [["round-robin", "--wait"], /Unknown argument: wait/],
  ] as const)("%j", async (words, message) => {
    const ended = await lb(...words);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("also as a process", async () => {
    expect(await run("lb.js", "weight", "ping/a")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringMatching(
        /^lb: weight expects a weight from 0 to 256 \(node .+ --help tells more\)\n$/,
      ),
    });
  });

  test.each([
    ["ping/x", "there is no backend x in the pool ping"],
    ["pong/a", "there is no pool pong"],
  ])("of %s, which there is not", async (place, message) => {
    await using made = await operated();
    for (const words of [["drain"], ["drain", "--wait"], ["ready"], ["maint"]] as const)
      expect(await made.lbDoes(words[0], place, ...words.slice(1))).toMatchObject({
        code: 1,
        stderr: `lb: ${message}\n`,
      });
  });
});

test.each(["status", "drain", "ready", "maint", "weight", "kill", "explain"])(
  "%s --help has three examples of it, and none of the balancer's own options",
  async (word) => {
    const { code, stdout } = await lb(word, "--help");
    expect(code).toBe(0);
    const [, examples = ""] = stdout.split("Examples:");
    expect(examples.match(new RegExp(`^ +node \\S+ ${word}\\b`, "gm"))).toHaveLength(3);
    expect(stdout).not.toContain("--listen");
  },
);

async function oldestOf({ lb }: Operated): Promise<string> {
  const { sessions } = (await lb.ask("GET", "/api/v1/sessions")).body as { sessions: { id: string }[] };
  return sessions[0]?.id as string;
}
