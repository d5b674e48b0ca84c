import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Fleet } from "../support/fleet.ts";
import { type Lab, type LabOptions, lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import type { Peer } from "../support/peer.ts";

const outlier = { failures: 5, ejectForMs: 10_000, maxEjected: 0.5, earlyMs: 0 };
/** Five that count, those that were under way, and a few from before any client was answered. */
const FEW = 5 + 20 + 20;
const early = { ...outlier, earlyMs: 100 };

describe("is left out as one that refuses", () => {
  test.each([
    ["accepts and ends at once", (peer: Peer) => peer.finish(), outlier],
    ["accepts and breaks off at once", (peer: Peer) => peer.reset(), outlier],
    ["ends once it is asked", once((peer) => peer.finish()), outlier],
    ["breaks off once it is asked", once((peer) => peer.reset()), outlier],
    ["says an error once it is asked, and ends", once((peer) => peer.socket.end("ERR\n")), early],
    ["says an error unasked, and ends", (peer: Peer) => void peer.socket.end("ERR\n"), early],
  ])("a backend that %s", async (_, conduct, outlier) => {
    await using scene = await oneOfThree(conduct, { algorithm: "least-connections", outlier });
    await requests(scene.balancer, 200, 20);
    expect((await scene.balancer.numbers("connected")).c).toBeLessThanOrEqual(FEW);
    expect(scene.balancer.changes).toEqual(["c ejected"]);
  });

  test.each(["round-robin", "p2c", "random"] as const)("under %s too", async (algorithm) => {
    await using scene = await oneOfThree(
      once((peer) => peer.finish()),
      { algorithm },
    );
    await requests(scene.balancer, 200, 20);
    expect((await scene.balancer.numbers("connected")).c).toBeLessThanOrEqual(FEW);
    expect(scene.balancer.changes).toEqual(["c ejected"]);
  });

  test.each([
    ["without an answer", once((peer) => peer.finish()), { ...outlier, failures: Infinity }],
    [
      "with one, where that is too early",
      once((peer) => peer.socket.end("ERR\n")),
      { ...early, failures: Infinity },
    ],
  ])(
    "to peak-ewma, which takes an end %s for the worst answer, even where none is left out",
    async (_, conduct, outlier) => {
      await using scene = await oneOfThree(conduct, { algorithm: "peak-ewma", outlier });
      await requests(scene.balancer, 200, 20);
      expect((await scene.balancer.numbers("connected")).c).toBeLessThanOrEqual(FEW);
    },
  );
});

test("says how many failures there were, and of which kind", async () => {
  const clock = new ManualClock();
  await using scene = await oneOfThree(
    once((peer) => peer.finish()),
    { clock },
  );
  await requests(scene.balancer, 30);
  expect(await scene.balancer.numbers("connected")).toMatchObject({ c: 5 });
  expect(scene.balancer.reports).toMatchObject([
    { backend: "c", state: "ejected", reason: "5 sessions without an answer in a row", forMs: 10_000 },
  ]);
});

test("a dial that comes through is no good session: refusals and silent ends make one row", async () => {
  await using scene = await oneOfThree(once((peer) => peer.finish()));
  await requests(scene.balancer, 9);
  await scene.stop();
  await requests(scene.balancer, 9);
  expect(scene.balancer.reports).toMatchObject([{ backend: "c", reason: "5 failures in a row" }]);
});

test("an answer ends the row", async () => {
  const asked = { times: 0 };
  const conduct = once((peer) => (++asked.times % 5 === 0 ? peer.socket.end("pong\n") : peer.finish()));
  await using scene = await oneOfThree(conduct);
  await requests(scene.balancer, 60);
  expect(scene.balancer.changes).toEqual([]);
});

describe("comes back through one session", () => {
  test("which fails: it is out again, for twice as long, and no other client notices", async () => {
    const clock = new ManualClock();
    await using scene = await oneOfThree(
      once((peer) => peer.finish()),
      { clock, algorithm: "least-connections" },
    );
    await requests(scene.balancer, 30, 10);
    const before = (await scene.balancer.numbers("connected")).c as number;
    await clock.run(10_000);
    await requests(scene.balancer, 100, 20);
    expect((await scene.balancer.numbers("connected")).c).toBe(before + 1);
    expect(scene.balancer.changes).toEqual(["c ejected", "c up", "c ejected"]);
    expect(scene.balancer.reports.at(-1)).toMatchObject({
      reason: "1 session without an answer on trial",
      forMs: 20_000,
    });
  });

  test("which is answered: then it has its share again", async () => {
    const clock = new ManualClock();
    const says = { answer: "" };
    await using scene = await oneOfThree(
      once((peer) => peer.socket.end(says.answer)),
      { clock },
    );
    await requests(scene.balancer, 30);
    says.answer = "pong\n";
    await clock.run(10_000);
    await requests(scene.balancer, 60);
    expect((await scene.balancer.numbers("connected")).c).toBe(5 + 20);
    expect(scene.balancer.changes).toEqual(["c ejected", "c up"]);
  });

  test("while that waits for its answer, no other is given to it; a session that lasts has passed", async () => {
    await using scene = await onTrial();
    const trying = await scene.balancer.client();
    trying.send("ping\n");
    await scene.balancer.leased(1);
    await requests(scene.balancer, 5);
    expect(await scene.served()).toBe(1);
    await scene.clock.run(5_000);
    scene.says.answer = "pong\n";
    await requests(scene.balancer, 3);
    expect(await scene.served()).toBe(1 + 3);
  });

  test("which leaves before anything was seen of it: then through the next", async () => {
    await using scene = await onTrial();
    const before = scene.balancer.records.length;
    const silent = await scene.balancer.client();
    await scene.balancer.leased(1);
    silent.reset();
    await scene.balancer.ended(before + 1);
    scene.says.answer = "pong\n";
    await requests(scene.balancer, 3);
    expect(await scene.served()).toBe(1 + 3);
  });
});

/** A backend c, first of all, whose ejection is over, and which says nothing. */
async function onTrial() {
  const clock = new ManualClock();
  const says: { answer: string | undefined } = { answer: "pong\n" };
  const conduct = once((peer) => says.answer !== undefined && peer.socket.end(says.answer));
  const scene = await oneOfThree(conduct, { clock, algorithm: "first" }, "first");
  await requests(scene.balancer, 1);
  says.answer = "";
  await requests(scene.balancer, 8);
  says.answer = undefined;
  await clock.run(10_000);
  const before = (await scene.balancer.numbers("connected")).c as number;
  expect(before).toBe(1 + 5);
  /** Sessions that it was given since. */
  const served = async () => ((await scene.balancer.numbers("connected")).c as number) - before;
  return { ...scene, clock, says, served };
}

describe("is not left out", () => {
  test("a service that never answers, as of syslog, however it ends", async () => {
    await using servers = await services(
      once((peer) => peer.finish()),
      once((peer) => peer.reset()),
    );
    await using balancer = await lab({ backends: servers.members, outlier });
    await requests(balancer, 40);
    expect(balancer.changes).toEqual([]);
  });

  test("one to which a client sends something that none understands", async () => {
    const conduct = (peer: Peer) =>
      peer.socket.on("data", () => (peer.text.startsWith("ping") ? peer.send("pong\n") : peer.finish()));
    await using servers = await services(conduct, conduct, conduct);
    await using balancer = await lab({ backends: servers.members, outlier });
    await requests(balancer, 30, 1, { from: "127.0.0.2", words: "garbage\n" });
    await requests(balancer, 30, 1, { from: "127.0.0.3" });
    await requests(balancer, 30, 1, { from: "127.0.0.2", words: "garbage\n" });
    expect(balancer.changes).toEqual([]);
  });

  test("one that ends an upload after its client did, without a word", async () => {
    const conduct = (peer: Peer) => {
      peer.socket.once("data", () => peer.text.startsWith("ping") && peer.send("pong\n"));
      peer.socket.once("end", () => peer.finish());
    };
    await using servers = await services(conduct, conduct);
    await using balancer = await lab({ backends: servers.members, outlier });
    await requests(balancer, 10);
    for (let i = 0; i < 20; i++) {
      const client = await balancer.client();
      client.send("upload");
      client.finish();
      expect(await client.outcome()).toBe("end");
    }
    expect(balancer.changes).toEqual([]);
  });

  test("one that thinks for more than 5 s before it ends a session", async () => {
    const clock = new ManualClock();
    const silent: Peer[] = [];
    await using scene = await oneOfThree(
      once((peer) => silent.push(peer)),
      { clock },
    );
    const clients: Peer[] = [];
    for (let i = 0; i < 10; i++) {
      await requests(scene.balancer, 2);
      const client = await scene.balancer.client();
      client.send("ping\n");
      clients.push(client);
    }
    await scene.balancer.leased(10);
    await eventually(() => expect(silent).toHaveLength(10));
    await clock.run(5_001);
    for (const peer of silent) peer.finish();
    for (const client of clients) {
      expect(await client.outcome()).toBe("end");
      client.finish();
    }
    await scene.balancer.leased(0);
    expect(scene.balancer.changes).toEqual([]);
  });

  test("one whose client was answered more than a minute ago", async () => {
    const clock = new ManualClock();
    const says = { answer: "pong\n" };
    await using servers = await services(once((peer) => peer.socket.end(says.answer)));
    await using b = await services(once((peer) => peer.socket.end(says.answer)));
    const backends = [...servers.members, ...b.members.map((each) => ({ ...each, name: "b" }))];
    await using balancer = await lab({ backends, outlier, clock });
    await requests(balancer, 4);
    says.answer = "";
    await clock.run(60_001);
    await requests(balancer, 40);
    expect(balancer.changes).toEqual([]);
  });

  test("one that says an error and ends, unless that is too early", async () => {
    const clock = new ManualClock();
    await using scene = await oneOfThree(
      once((peer) => peer.socket.end("ERR\n")),
      { clock },
    );
    await requests(scene.balancer, 60);
    expect(scene.balancer.changes).toEqual([]);
  });

  test("one that ends sessions after that time, or whose clients end first", async () => {
    const clock = new ManualClock();
    const asked: Peer[] = [];
    const conduct = once((peer) => {
      peer.send("pong\n");
      asked.push(peer);
    });
    await using scene = await oneOfThree(conduct, { clock, outlier: early });
    await requests(scene.balancer, 60);
    const clients: Peer[] = [];
    for (let i = 0; i < 30; i++) {
      const client = await scene.balancer.client();
      client.send("ping\n");
      await client.bytes(5);
      clients.push(client);
    }
    await clock.run(100);
    for (const peer of asked) peer.finish();
    for (const client of clients) client.finish();
    await scene.balancer.leased(0);
    expect(scene.balancer.changes).toEqual([]);
  });
});

/** Does something with a peer once it has said something. */
function once(conduct: (peer: Peer) => unknown): (peer: Peer) => void {
  return (peer) => void peer.socket.once("data", () => conduct(peer));
}

/** Backends a, b, c … that conduct themselves so. */
async function services(...conducts: readonly ((peer: Peer) => unknown)[]): Promise<Fleet> {
  const made = new Fleet();
  for (const [at, conduct] of conducts.entries())
    await made.start("abc"[at] as string, (peer) => {
      conduct(peer);
      peer.socket.once("end", () => peer.finish());
    });
  return made;
}

/** Two backends that answer each request, a and b, and c, which does what it is told. */
async function oneOfThree(
  conduct: (peer: Peer) => unknown,
  options: Omit<Partial<LabOptions>, "backends"> = {},
  place: "first" | "last" = "last",
) {
  const well = once((peer) => peer.send("pong\n"));
  const servers = await services(well, well);
  const crashing = await services(conduct);
  const c = crashing.members.map((each) => ({ ...each, name: "c" }));
  const backends = place === "first" ? [...c, ...servers.members] : [...servers.members, ...c];
  const balancer = await lab({ outlier, ...options, backends });
  return {
    balancer,
    stop: () => crashing[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]();
      await servers[Symbol.asyncDispose]();
      await crashing[Symbol.asyncDispose]();
    },
  };
}

/** So many requests, so many at once; each is over with its session. */
async function requests(
  balancer: Lab,
  count: number,
  atOnce = 1,
  { from = "127.0.0.1", words = "ping\n" }: { from?: string; words?: string } = {},
): Promise<void> {
  const before = balancer.records.length;
  let left = count;
  const one = async () => {
    while (left-- > 0) {
      const client = await balancer.client(from);
      client.send(words);
      await client.bytes(1).catch(() => {});
      client.finish();
      if (atOnce === 1) await balancer.ended(before + count - left);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  await balancer.ended(before + count);
}
