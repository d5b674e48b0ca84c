import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "#lb/core/clock";
import { Deferred } from "#lb/core/deferred";
import { seededDice } from "#lb/core/dice";
import type { CopyStatus, Template } from "#lb/supervisor/copy";
import type { CopyHost } from "#lb/supervisor/copy-host";
import { NoRoom, Supervisor } from "#lb/supervisor/supervisor";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NotedLog } from "../support/noted-log.ts";
import { runs } from "../support/processes.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "copies-"));
});
afterAll(() => rm(folder, { recursive: true }));

const LISTENS = `require("node:net").createServer((s) => s.on("error", () => {}).end("hello\\n")).listen(process.argv[3], process.argv[2]);`;

describe("copies of a template", () => {
  test("become backends once they answer, each on a port of its own, and none before", async () => {
    await using made = await supervised(LISTENS);
    const { names, up } = made.start(3);
    expect(names).toEqual(["t-1", "t-2", "t-3"]);
    expect(made.host.joined).toEqual([]);
    await up;
    expect(made.host.joined.toSorted()).toEqual(["t-1", "t-2", "t-3"]);
    expect(
      new Set(made.copies.map(({ endpoint }) => endpoint && "port" in endpoint && endpoint.port)).size,
    ).toBe(3);
    expect(made.copies).toMatchObject(
      Array.from({ length: 3 }, () => ({ state: "up", crashes: 0, restarts: 0 })),
    );
  });

  test("get PATH and what the template names of the environment, and nothing else", async () => {
    process.env.LB_TEST_SECRET = "s3cret";
    await using made = await supervised(`console.log(JSON.stringify(Object.keys(process.env)));${LISTENS}`, {
      env: { COLOUR: "red" },
    });
    await made.start(1).up;
    await eventually(() => expect(made.said()).toHaveLength(1));
    const names: string[] = JSON.parse(made.said()[0] as string);
    expect(names.filter((name) => name !== "LB_LEASH_FD").toSorted()).toEqual(["COLOUR", "PATH"]);
  });

  test("are as many as there is room for, or none", async () => {
    await using made = await supervised(LISTENS, { ports: [0, 1] });
    expect(() => made.start(3)).toThrow(NoRoom);
    expect(made.copies).toEqual([]);
  });

  test("pass over a port that another program listens on", async () => {
    await using made = await supervised(LISTENS);
    const other = createServer().listen(made.ports[0], "127.0.0.1");
    await made.start(1).up;
    expect(made.copies[0]?.endpoint).toMatchObject({ port: made.ports[0] + 1 });
    await new Promise((resolve) => other.close(resolve));
  });

  test("of a template that is new are as many as it says, of one that is gone none, of a changed one what they were", async () => {
    await using made = await supervised(LISTENS, { count: 2 });
    await eventually(() => expect(made.host.joined).toHaveLength(2));
    const [first] = made.copies as [CopyStatus];
    made.supervisor.configure({ t: { ...made.template, count: 9 } });
    expect(made.copies).toHaveLength(2);
    expect(made.copies[0]?.pid).toBe(first.pid);
    made.supervisor.configure({});
    await eventually(() => expect(made.copies).toEqual([]));
    expect(runs(first.pid as number)).toBe(false);
  });
});

describe("a template that is for another pool now", () => {
  test("has as many copies there, each in the place of one that leaves the old pool", async () => {
    await using made = await supervised(LISTENS);
    await made.start(2).up;
    const pids = made.copies.map(({ pid }) => pid as number);
    const moved = { t: { ...made.template, pool: "q" } };
    made.supervisor.configure(moved);
    // Also where it is read again meanwhile.
    made.supervisor.configure(moved);
    await poolsBecome(made, ["q up", "q up"]);
    expect(made.host.left.map(([name]) => name)).toEqual(["t-1", "t-2"]);
    expect(made.host.pools).toEqual({ "t-1": "p", "t-2": "p", "t-3": "q", "t-4": "q" });
    expect(pids.filter(runs)).toEqual([]);
  });

  test("has them once there are ports for them, where the old ones have all", async () => {
    await using made = await supervised(LISTENS, { ports: [0, 1] });
    await made.start(2).up;
    made.supervisor.configure({ t: { ...made.template, pool: "q" } });
    await poolsBecome(made, ["q up", "q up"]);
    expect(made.log.lines.filter(([level]) => level === "error")).toEqual([]);
  });

  function poolsBecome({ supervisor }: Awaited<ReturnType<typeof supervised>>, states: readonly string[]) {
    const now = () => supervisor.copies.map(({ pool, state }) => `${pool} ${state}`);
    return eventually(() => expect(now()).toEqual(states));
  }
});

test("a copy that its pool takes no answer about for 10 s has crashed, and one that is taken later leaves again", async () => {
  const clock = new ManualClock();
  const host = new NotedHost();
  const taken = new Deferred<void>();
  let asked = 0;
  const slow: CopyHost = {
    answers: async () => true,
    join: () => {
      asked += 1;
      return taken.promise;
    },
    leave: (...of) => host.leave(...of),
    lost: (...of) => host.lost(...of),
  };
  await using made = await supervised("", { command: ["sleep", "1000"] }, { clock, host: slow });
  made.start(1);
  await eventually(() => expect(asked).toBe(1));
  await clock.run(9_999);
  expect(made.copies).toMatchObject([{ state: "starting", crashes: 0 }]);
  const { pid } = made.copies[0] as CopyStatus;
  await clock.run(1);
  const lastExit = "its pool did not take it within 10 s";
  await eventually(() => expect(made.copies).toMatchObject([{ state: "backing-off", crashes: 1, lastExit }]));
  expect([runs(pid as number), host.left]).toEqual([false, []]);
  taken.resolve();
  await eventually(() => expect(host.left).toEqual([["t-1", 0]]));
});

describe("a copy that is stopped", () => {
  test("leaves its pool first, is told to end, and is not started again", async () => {
    await using made = await supervised(
      `process.on("SIGTERM", () => { console.log("asked"); process.exit(0); });${LISTENS}`,
    );
    await made.start(1).up;
    const { pid } = made.copies[0] as CopyStatus;
    expect(made.supervisor.stop("t-1")).toBe(true);
    await eventually(() => expect(made.copies).toEqual([]));
    expect(made.host.left).toEqual([["t-1", made.template.grace]]);
    expect(made.said()).toEqual(["asked"]);
    expect(runs(pid as number)).toBe(false);
    expect(made.supervisor.stop("t-1")).toBe(false);
  });

  test("is killed where it does not end within its grace", async () => {
    await using made = await supervised(`process.on("SIGTERM", () => {});${LISTENS}`, { grace: 200 });
    await made.start(1).up;
    const { pid } = made.copies[0] as CopyStatus;
    made.supervisor.stop("t-1");
    await eventually(() => expect(made.copies).toEqual([]));
    expect(runs(pid as number)).toBe(false);
  });

  test("takes with it what it started, which would hold its port", async () => {
    const child = `require("node:child_process").spawn("sleep", ["1000"], { stdio: "inherit" }).pid`;
    await using made = await supervised(`console.log(${child});${LISTENS}`);
    await made.start(1).up;
    await eventually(() => expect(made.said()).toHaveLength(1));
    const grandchild = Number(made.said()[0]);
    expect(runs(grandchild)).toBe(true);
    made.supervisor.stop("t-1");
    await eventually(() => expect(made.copies).toEqual([]));
    await eventually(() => expect(runs(grandchild)).toBe(false));
  });
});

describe("a copy that crashes", () => {
  test("leaves its pool at once, and is a backend again with another process", async () => {
    await using made = await supervised(LISTENS);
    await made.start(1).up;
    const { pid } = made.copies[0] as CopyStatus;
    process.kill(pid as number, "SIGKILL");
    await eventually(() => expect(made.host.joined).toHaveLength(2));
    expect(made.host.gone).toEqual(["t-1"]);
    expect(made.copies).toMatchObject([
      { name: "t-1", state: "up", crashes: 1, restarts: 1, lastExit: "SIGKILL" },
    ]);
  });

  test("ten times in a row is given up, loudly, and stays in the list until it is deleted", async () => {
    await using made = await supervised("process.exit(3);", {}, { haste: 0.001 });
    const { up } = made.start(1);
    await expect(up).rejects.toThrow("t-1 crashed 10 times in a row: exit code 3");
    expect(made.copies).toMatchObject([{ state: "given-up", crashes: 10, restarts: 9 }]);
    expect(made.log.lines.filter(([level]) => level === "error").map(([, message]) => message)).toEqual([
      "copy given up",
    ]);
    made.supervisor.stop("t-1");
    await eventually(() => expect(made.copies).toEqual([]));
  });

  test("before it is up tries the next port, and keeps the one that it was up on", async () => {
    await using made = await supervised(
      `if (process.argv[3] % 2 === 1) throw new Error("odd"); ${LISTENS}`,
      { ports: [0, 1] },
      { haste: 0.1 },
    );
    const [low] = made.ports;
    const even = low + (low % 2);
    await made.start(1).up;
    const ports = () => made.copies.map(({ endpoint }) => endpoint?.kind === "tcp" && endpoint.port);
    expect(ports()).toEqual([even]);
    const { restarts, pid } = made.copies[0] as CopyStatus;
    expect(restarts).toBe(low % 2);
    process.kill(pid as number, "SIGKILL");
    await eventually(() => expect(made.copies).toMatchObject([{ state: "up", restarts: restarts + 1 }]));
    expect(ports()).toEqual([even]);
  });

  test.each([
    ["cannot be asked to start", ["sleep", "1\0"], /could not be started: .*null bytes/],
    [
      "has more arguments than the system takes",
      ["sleep", "1".repeat(3_000_000)],
      /could not be started: .*E2BIG/,
    ],
  ])("because it %s is told as that", async (_, command, reason) => {
    await using made = await supervised("", { command }, { haste: 0.001 });
    await expect(made.start(1).up).rejects.toThrow(reason);
  });

  test("because there is no such program is told as that", async () => {
    await using made = await supervised("", { command: ["/no/such/program"] }, { haste: 0.001 });
    await expect(made.start(1).up).rejects.toThrow(/exit code 127|could not be started/);
  });
});

describe("what a copy says", () => {
  test("is a line of the log each, a long one cut, one without an end too", async () => {
    await using made = await supervised(
      `process.stdout.write("a\\n\\nb\\r\\n" + "x".repeat(1e6) + "\\nlast"); process.on("SIGTERM", () => process.exit()); ${LISTENS}`,
    );
    await made.start(1).up;
    // What of a megabyte is not read yet soon after its end is not waited for.
    await eventually(() => expect(made.said()).toHaveLength(3));
    made.supervisor.stop("t-1");
    await eventually(() => expect(made.copies).toEqual([]));
    await eventually(() => expect(made.said().at(-1)).toBe("last"));
    expect(made.said().map((line) => line.length)).toEqual([1, 1, 4096, 4]);
  });

  test("is bounded: of a flood a hundred lines a second, and one line that counts the rest", async () => {
    await using made = await supervised(`for (let i = 0; i < 50_000; i++) console.log(i); ${LISTENS}`);
    await made.start(1).up;
    await eventually(() =>
      expect(made.log.lines.map(([, message]) => message)).toContain("lines of a copy dropped"),
    );
    expect(made.said().length).toBeLessThan(1_000);
  });
});

test("a copy that says more than a mebibyte in a second waits for the next", async () => {
  const flood = `const more = () => { while (process.stdout.write("y\\n".repeat(8192))); process.stdout.once("drain", more); }; more();`;
  await using made = await supervised(LISTENS + flood);
  await made.start(1).up;
  const dropped = () =>
    made.log.lines.flatMap(([, message, fields]) =>
      message === "lines of a copy dropped" ? [(fields as { lines: number }).lines] : [],
    );
  await eventually(() => expect(dropped().length).toBeGreaterThan(1));
  // A line has two bytes, and one chunk of 64 KiB may be above.
  expect(Math.max(...dropped())).toBeLessThan(600_000);
});

test("however many copies are started, only so many are starting at once", async () => {
  await using made = await supervised("setInterval(() => {}, 1e6)");
  made.start(20);
  await eventually(() => expect(made.copies.filter(({ pid }) => pid !== null)).toHaveLength(16));
  made.supervisor.stop(made.copies[0]?.name as string);
  // One more has its turn.
  await eventually(() =>
    expect(made.copies.filter(({ pid }) => pid !== null).map(({ name }) => name)).toContain("t-17"),
  );
  expect(made.copies.filter(({ pid }) => pid !== null).length).toBeLessThanOrEqual(16);
});

interface Parts {
  /** What part of its time all that lasts takes. */
  readonly haste?: number;
  readonly clock?: Clock;
  readonly host?: CopyHost;
}

/** A supervisor of one template whose copies run a script with {host} and {port}; all are killed when it is disposed of. */
async function supervised(script: string, more: Partial<Template> = {}, { haste = 1, ...parts }: Parts = {}) {
  const path = join(folder, `${Math.random()}.cjs`);
  await writeFile(path, script);
  const low = 20_000 + Math.floor(Math.random() * 10_000);
  const { ports: width = [0, 50], ...rest } = more;
  const ports = [low + width[0], low + width[1]] as const;
  const template: Template = {
    command: [process.execPath, path, "{host}", "{port}"],
    pool: "p",
    host: "127.0.0.1",
    count: 0,
    env: {},
    aliases: [],
    grace: 5_000,
    ...rest,
    ports,
  };
  const host = new NotedHost();
  const log = new NotedLog();
  const clock = {
    ...systemClock,
    now: () => systemClock.now(),
    wallMs: () => systemClock.wallMs(),
    after: hasty(haste),
  };
  const supervisor = new Supervisor({ host, log, clock, dice: seededDice(1), ...parts });
  supervisor.configure({ t: template });
  return {
    supervisor,
    host,
    log,
    template,
    ports,
    start: (count: number) => supervisor.start("t", count) as NonNullable<ReturnType<Supervisor["start"]>>,
    get copies() {
      return supervisor.copies;
    },
    said: () =>
      log.lines
        .flatMap(([, message, fields]) =>
          message === "copy says" ? [(fields as { line: string }).line] : [],
        )
        .filter((line) => line !== ""),
    [Symbol.asyncDispose]: () => supervisor.close({ now: true }),
  };
}

/** The same clock where what lasts takes a part of its time. */
function hasty(part: number): typeof systemClock.after {
  return (ms, call) => systemClock.after(ms * part, call);
}

/** A pool that takes all, and notes it. A copy answers once its port takes a connection. */
class NotedHost implements CopyHost {
  readonly joined: string[] = [];
  readonly pools: Record<string, string> = {};
  readonly left: [name: string, withinMs: number][] = [];
  readonly gone: string[] = [];

  answers(_pool: string, endpoint: Parameters<CopyHost["answers"]>[1]): Promise<boolean> {
    return new Promise((resolve) => {
      if (endpoint.kind === "unix") throw new Error("expected a port");
      const socket = connect(endpoint.port, endpoint.host);
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
  }

  async join(pool: string, name: string): Promise<void> {
    this.joined.push(name);
    this.pools[name] = pool;
  }

  async leave(_pool: string, name: string, withinMs: number): Promise<void> {
    this.left.push([name, withinMs]);
  }

  async lost(_pool: string, name: string): Promise<void> {
    this.gone.push(name);
  }
}
