import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Status } from "#lb/operate/documents";
import { eventually } from "../../support/eventually.ts";
import { dialPeer } from "../../support/peer.ts";
import { run } from "../../support/process.ts";
import { hasTmux, Tmux } from "../../support/tmux.ts";
import { type Operated, operated } from "../operated.ts";

const LB = fileURLToPath(new URL("../../../dist/lb.js", import.meta.url));
const SIZES = [
  [80, 24],
  [120, 40],
] as const;

let made: Operated;

beforeAll(async () => {
  made = await operated();
});
afterAll(() => made[Symbol.asyncDispose]());

const commandOf = ({ at }: Operated, ...flags: readonly string[]) =>
  ["exec", process.execPath, LB, "top", "--admin", at, ...flags].join(" ");

async function statusOf({ lb }: Operated): Promise<Status> {
  return (await lb.ask("GET", "/api/v1/status")).body as Status;
}

/** What a page shows of each backend of the pool "ping". */
function shownIn(lines: readonly string[]) {
  const row =
    /^[> ](\S+) +(\S+) +(\S+) +(?:\d\S*s? (?:\d+[ms])? *)??(\d+) \[[=: ]{10}\] +(\d+)% +(\d+)% +(\S+) +(\d+)/;
  return lines.flatMap((line) => {
    const [, name, state, by, active, share, fair, , failed] = row.exec(line) ?? [];
    return name === undefined ? [] : [{ name, state, by, active, share, fair, failed }];
  });
}

function toldBy({ pools }: Status) {
  const [ping] = pools as [Status["pools"][number]];
  return ping.backends.map(
    ({ name, administrative: { state }, operational, active, share, fairShare, failed }) => ({
      name,
      state: state.value === "ready" ? operational?.value : state.value,
      by: state.value === "ready" ? operational?.source : state.source,
      active: String(active),
      share: String(Math.round(share * 100)),
      fair: String(Math.round(fairShare * 100)),
      failed: String(failed),
    }),
  );
}

/** Sessions one after another, until it is disposed of. */
function load({ lb }: Operated): AsyncDisposable {
  let goesOn = true;
  const one = async () => {
    while (goesOn) {
      const peer = await dialPeer(lb.balancer.endpoint);
      peer.send("ping\n");
      await peer.bytes(5);
      peer.finish();
      await peer.outcome();
    }
  };
  const all = [one(), one(), one()];
  return {
    async [Symbol.asyncDispose]() {
      goesOn = false;
      await Promise.all(all);
    },
  };
}

/** How many sessions the page says backend a was given. */
const connectedIn = (lines: readonly string[]) => Number(/: (\d+) connected/.exec(lines.join("\n"))?.[1]);

describe.skipIf(!hasTmux)(`lb top on a terminal${hasTmux ? "" : " (tmux is missing)"}`, () => {
  test.each(SIZES)("%i×%i shows under load what the API says", async (columns, rows) => {
    await using terminal = await Tmux.start(commandOf(made), columns, rows);
    {
      await using _load = load(made);
      const least = (await statusOf(made)).pools[0]?.backends[0]?.connected as number;
      const shown = await eventually(async () => {
        const lines = await terminal.lines();
        expect(connectedIn(lines)).toBeGreaterThan(least);
        expect(lines.join("\n")).toMatch(
          /^ping: round-robin, \d+ sessions?, [1-9]\S*\/s, connect p50 \d\S* p99 \d\S* ms$/m,
        );
        return connectedIn(lines);
      });
      expect(shown).toBeLessThanOrEqual((await statusOf(made)).pools[0]?.backends[0]?.connected as number);
    }
    const held = [await made.session(), await made.session(), await made.session()];
    await eventually(async () => {
      const [lines, status] = [await terminal.lines(), await statusOf(made)];
      expect(lines).toHaveLength(rows);
      expect(lines[1]).toBe("all is well");
      expect(shownIn(lines)).toEqual(toldBy(status));
      expect(lines.join("\n")).toContain(`: ${status.pools[0]?.backends[0]?.connected} connected, 0 failed;`);
      expect(status.listeners[0]?.active).toBe(3);
      expect(lines[2]).toMatch(/^web \(\S+\): 3 sessions, /);
    });
    for (const peer of held) peer.finish();
  });

  test("drains by d and y, makes ready by r and y, and by no other answer", async () => {
    await using terminal = await Tmux.start(commandOf(made), 80, 24);
    await eventually(async () => expect(shownIn(await terminal.lines())).toHaveLength(2));
    const says = (text: string) => eventually(async () => expect((await terminal.lines()).at(-1)).toBe(text));
    const state = async () => (await statusOf(made)).pools[0]?.backends[1]?.administrative.state.value;
    await terminal.press("Down", "d");
    await says("ping/b/c: drain, it gets no new sessions? y: yes, any other key: no");
    await terminal.press("n");
    await says("nothing was changed");
    expect(await state()).toBe("ready");
    await terminal.press("d", "y");
    await says("ping/b/c drains");
    expect(await state()).toBe("drain");
    await eventually(async () =>
      expect(shownIn(await terminal.lines())[1]).toMatchObject({ state: "drain", by: "api" }),
    );
    await terminal.press("r", "y");
    await says("ping/b/c is ready");
    expect(await state()).toBe("ready");
  });

  test("says of a token that may only read that it may", async () => {
    const [reader, writer] = [1, 2].map(() => randomBytes(32).toString("base64url"));
    const tokens = join(made.lb.folder, "two.token");
    await writeFile(tokens, `graphs read ${reader}\nroot write ${writer}\n`, { mode: 0o600 });
    await using guarded = await operated({ admin: { tokenFile: tokens } });
    await using terminal = await Tmux.start(commandOf(guarded, "--token-file", tokens), 80, 24);
    await eventually(async () => expect(shownIn(await terminal.lines())).toHaveLength(2));
    await terminal.press("d", "y");
    await eventually(async () =>
      expect((await terminal.lines()).at(-1)).toBe("nothing was done: the token of graphs may only read"),
    );
  });

  test("says that the API does not answer, and shows what is when it does again", async () => {
    await using terminal = await Tmux.start(commandOf(made), 80, 24);
    await eventually(async () => expect((await terminal.lines())[1]).toBe("all is well"));
    made.lb.balancer.signal("SIGSTOP");
    await eventually(async () =>
      expect((await terminal.lines())[1]).toMatch(/^no answer for .*, this is as of /),
    );
    made.lb.balancer.signal("SIGCONT");
    const peer = await made.session();
    await eventually(async () => {
      expect((await terminal.lines())[1]).toBe("all is well");
      expect(shownIn(await terminal.lines())).toEqual(toldBy(await statusOf(made)));
    });
    peer.finish();
  });

  test("follows a terminal that becomes smaller and larger", async () => {
    await using terminal = await Tmux.start(commandOf(made), 80, 24);
    for (const [columns, rows] of [
      [120, 40],
      [40, 10],
      [80, 24],
    ] as const) {
      await terminal.resize(columns, rows);
      await eventually(async () => {
        const lines = await terminal.lines();
        expect(lines).toHaveLength(rows);
        expect(lines[0]).toMatch(/^lb top {2}127/);
        expect(lines.filter((line) => line.startsWith(">a "))).toHaveLength(1);
        expect(lines.at(-1)).toMatch(/^ h help {2}q quit/);
      });
    }
  });

  test.each([
    ["q", 0],
    ["C-c", 130],
    ["SIGTERM", 130],
    ["SIGINT", 130],
    ["SIGHUP", 130],
  ])("%s leaves the terminal as it was", async (way, code) => {
    const before = join(made.lb.folder, "before");
    const after = join(made.lb.folder, "after");
    const command = commandOf(made).replace("exec ", "");
    await using terminal = await Tmux.start(
      `echo what stood there; stty -a >${before}; ${command}; code=$?; stty -a >${after}; echo code $code; exec cat`,
      80,
      24,
    );
    await eventually(async () => expect((await terminal.lines())[1]).toBe("all is well"));
    expect([await terminal.says("alternate_on"), await terminal.says("cursor_flag")]).toEqual(["1", "0"]);
    if (way.startsWith("SIG")) process.kill(await childOf(Number(await terminal.says("pane_pid"))), way);
    else await terminal.press(way);
    await eventually(async () =>
      expect((await terminal.lines()).slice(0, 2)).toEqual(["what stood there", `code ${code}`]),
    );
    expect([await terminal.says("alternate_on"), await terminal.says("cursor_flag")]).toEqual(["0", "1"]);
    expect(await terminal.says("wrap_flag")).toBe("1");
    expect(await readFile(after, "utf8")).toBe(await readFile(before, "utf8"));
  });

  test.each(["C-z", "SIGTSTP"])("%s leaves the terminal to the shell, and fg returns", async (way) => {
    await using terminal = await Tmux.start("bash --norc -i", 80, 24);
    const isPage = (is: boolean) =>
      eventually(async () => expect(/^all is well$/m.test((await terminal.lines()).join("\n"))).toBe(is));
    await terminal.press(commandOf(made).replace("exec ", ""), "Enter");
    await isPage(true);
    if (way === "C-z") await terminal.press(way);
    else process.kill(await childOf(Number(await terminal.says("pane_pid"))), way);
    await isPage(false);
    expect([await terminal.says("alternate_on"), await terminal.says("cursor_flag")]).toEqual(["0", "1"]);
    await terminal.press("fg", "Enter");
    await isPage(true);
    await terminal.press("q");
    await isPage(false);
  });

  test.each([
    ["that tells it", ""],
    ["that does not, since it is another session's", "setsid -w "],
  ])("ends in order with a terminal %s", async (_which, session) => {
    const said = join(made.lb.folder, `said-${session.length}`);
    const command = `${session}${commandOf(made).replace("exec ", "")} 2>&1`;
    const terminal = await Tmux.start(`(trap "" HUP; ${command}; echo $? >${said}); true`, 80, 24);
    await eventually(async () => expect((await terminal.lines())[1]).toBe("all is well"));
    await terminal[Symbol.asyncDispose]();
    await eventually(async () => expect(await readFile(said, "utf8")).toBe("130\n"));
  });
});

async function childOf(pid: number): Promise<number> {
  return Number(await readFile(`/proc/${pid}/task/${pid}/children`, "utf8"));
}

describe("lb top", () => {
  test("prints a table once where its output is no terminal", async () => {
    const peer = await made.session();
    const { code, stdout, stderr } = await run("lb.js", "top", "--admin", made.at);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines[0]).toBe("all is well");
    expect(shownIn(lines)).toEqual(toldBy(await statusOf(made)));
    expect(stdout).not.toContain("\u001b");
    peer.finish();
  });

  test("tells in one line what is wrong from the start", async () => {
    expect(await run("lb.js", "top", "--admin", "127.0.0.1:1")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "lb: nothing listens on 127.0.0.1:1: is `admin` configured? --admin says where\n",
    });
  });
});
