import { describe, expect, test } from "vitest";
import type { AdminClient } from "#lb/operate/admin-client";
import { drained } from "#lb/operate/drained";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { start } from "../support/process.ts";
import { type Operated, operated } from "./operated.ts";
import { onTerminal } from "./terminal.ts";

/** A balancer whose sessions all go to "a". */
async function allOnA(): Promise<Operated> {
  const made = await operated();
  expect((await made.lbDoes("maint", "ping/b/c")).code).toBe(0);
  return made;
}

const waitingFor = (made: Operated, backend = "ping/a") => {
  const waiting = { over: false, done: made.lbDoes("drain", backend, "--wait") };
  void waiting.done.then(() => {
    waiting.over = true;
  });
  return waiting;
};

async function drains({ lb }: Operated, name = "a"): Promise<void> {
  await eventually(async () => {
    const { body } = await lb.ask("GET", `/api/v1/pools/ping/backends/${encodeURIComponent(name)}`);
    expect(body).toMatchObject({ state: "drain" });
  });
}

describe("drain --wait", () => {
  test.each(["ping/a", "ping/a@127.0.0.1"])("ends when the last session on %s has ended", async (backend) => {
    await using made = await allOnA();
    const [one, two] = [await made.session(), await made.session()];
    const waiting = waitingFor(made, backend);
    await drains(made, backend.slice("ping/".length));
    one.finish();
    await eventually(async () =>
      expect((await made.lb.ask("GET", "/api/v1/sessions")).body).toMatchObject({ sessions: [{}] }),
    );
    expect(waiting.over).toBe(false);
    two.finish();
    expect(await waiting.done).toMatchObject({ code: 0, stdout: `${backend} is drained\n`, stderr: "" });
  });

  test("takes the sessions off it within a time", async () => {
    await using made = await allOnA();
    const peer = await made.session();
    expect(await made.lbDoes("drain", "ping/a", "--within", "100ms", "--wait")).toMatchObject({
      code: 0,
      stdout: "ping/a is drained\n",
    });
    expect(await peer.outcome()).toBe("end");
    peer.finish();
  });

  test("is done at once where there is no session", async () => {
    await using made = await operated();
    expect(await made.lbDoes("drain", "ping/a", "--wait")).toMatchObject({
      code: 0,
      stdout: "ping/a is drained\n",
    });
  });

  test("goes on where the backend is put into maintenance, and fails where it is made ready", async () => {
    await using made = await allOnA();
    const peer = await made.session();
    const waiting = waitingFor(made);
    await drains(made);
    expect((await made.lbDoes("maint", "ping/a")).code).toBe(0);
    expect(waiting.over).toBe(false);
    expect((await made.lbDoes("ready", "ping/a")).code).toBe(0);
    expect(await waiting.done).toMatchObject({
      code: 1,
      stdout: "",
      stderr: "lb: ping/a was made ready meanwhile\n",
    });
    peer.finish();
  });

  test("fails where one address has a word of its own that keeps it ready", async () => {
    await using made = await operated();
    expect((await made.lbDoes("ready", "ping/a@127.0.0.1")).code).toBe(0);
    expect(await made.lbDoes("drain", "ping/a", "--wait")).toMatchObject({
      code: 1,
      stderr: "lb: ping/a is ready by a word about that address alone: drain it, too\n",
    });
  });

  test("fails where the backend is removed meanwhile", async () => {
    await using made = await operated();
    const { address } = (await made.lb.ask("GET", "/api/v1/pools/ping/backends/a")).body as {
      address: string;
    };
    await made.lb.ask("POST", "/api/v1/pools/ping/backends", { name: "x", address });
    for (const other of ["ping/a", "ping/b/c"]) await made.lbDoes("maint", other);
    const peer = await made.session();
    const waiting = waitingFor(made, "ping/x");
    await drains(made, "x");
    await made.lb.ask("DELETE", "/api/v1/pools/ping/backends/x");
    const { code, stderr } = await waiting.done;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^lb: ping\/x was removed meanwhile: .+\n$/)]);
    peer.finish();
  });

  test("fails where the balancer ends", async () => {
    await using made = await allOnA();
    const peer = await made.session();
    const waiting = waitingFor(made);
    await drains(made);
    made.lb.balancer.signal("SIGKILL");
    const { code, stderr } = await waiting.done;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^lb: 127\.0\.0\.1:\d+ broke|^lb: nothing listens on/),
    ]);
    peer.finish();
  });

  test("ends with 130 on Ctrl-C, and the backend goes on draining", async () => {
    await using made = await allOnA();
    const peer = await made.session();
    await using waiting = start("lb.js", "drain", "ping/a", "--wait", "--admin", made.at);
    await drains(made);
    waiting.signal("SIGINT");
    expect(await waiting.exit()).toMatchObject({ code: 130, stdout: "", stderr: "" });
    await drains(made);
    peer.finish();
  });

  test("is a process that ends when the last session has", async () => {
    await using made = await allOnA();
    const peer = await made.session();
    await using waiting = start("lb.js", "drain", "ping/a", "--wait", "--admin", made.at);
    await drains(made);
    expect([waiting.stdout, waiting.stderr]).toEqual(["", ""]);
    peer.finish();
    expect(await waiting.exit()).toMatchObject({ code: 0, stdout: "ping/a is drained\n", stderr: "" });
  });

  test.skipIf(onTerminal === undefined)(
    "says on a terminal how many sessions are left, and leaves nothing of that there",
    async () => {
      await using made = await allOnA();
      const [one, two] = [await made.session(), await made.session()];
      await using terminal = onTerminal?.("drain", "ping/a", "--wait", "--admin", made.at);
      await terminal?.shows(/\[.+\] 2 sessions left/);
      one.finish();
      await terminal?.shows(/\[=+-+\] 1 session left/);
      two.finish();
      expect((await terminal?.ended())?.split("\u001b[0K").at(-1)).toMatch(/ping\/a is drained\r\n$/);
    },
  );

  test("gives up 10 s after the time, and names sessions that are left", async () => {
    const ids = Array.from({ length: 12 }, (_, at) => ({
      id: `s${at}`,
      pool: "p",
      backend: at === 0 ? "other" : "a",
    }));
    const clock = new ManualClock();
    const api = answering((path) =>
      path.startsWith("/api/v1/sessions")
        ? { sessions: ids }
        : { state: "drain", members: [{ name: "a", state: "drain", active: 11 }] },
    );
    let failed: unknown;
    void drained(api, { pool: "p", backend: "a" }, { withinMs: 5_000, clock }).catch((error: Error) => {
      failed = error.message;
    });
    await clock.run(15_000);
    expect(failed).toBeUndefined();
    await clock.run(250);
    expect(failed).toBe("11 sessions are left on p/a after 15.2s: s1, s2, s3, s4, s5, s6, s7, s8, s9, s10 …");
  });

  test("without a time waits for as long as it takes", async () => {
    let active = 1;
    const clock = new ManualClock();
    const api = answering(() => ({ state: "drain", members: [{ name: "a", state: "drain", active }] }));
    let over = false;
    void drained(api, { pool: "p", backend: "a" }, { clock }).then(() => {
      over = true;
    });
    for (let hours = 0; hours < 24; hours += 1) {
      await clock.run(250);
      clock.advance(3_600_000);
    }
    await clock.run(250);
    expect(over).toBe(false);
    active = 0;
    await clock.run(250);
    expect(over).toBe(true);
  });
});

/** An API that answers at once. */
function answering(answer: (path: string) => object): Pick<AdminClient, "ask"> {
  return { ask: async ({ path, answer: shape }) => shape.parse(answer(path)) };
}
