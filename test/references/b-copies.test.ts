import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { dialPeer } from "../support/peer.ts";
import { run } from "../support/process.ts";
import { childrenOf, runs } from "../support/processes.ts";
import { SteeredProcess } from "../support/steered-process.ts";
import { template } from "./servers.ts";

const TYPE = "src.server.resources:server";

function cluster(ports: string) {
  return {
    listeners: [{ name: "tasks", listen: "127.0.0.1:0", pool: "tasks", refuse: "line" }],
    pools: { tasks: { health: { probe: "line", send: "fibonacci 10\n", expect: "ok 55" } } },
    servers: { task: template("task.js", "tasks", ports, { aliases: [TYPE] }) },
  };
}

interface Copies {
  readonly n: number;
  readonly servers: readonly string[];
}

test("copies of a server are started and stopped while it runs, and tasks are shared among them", async () => {
  await using lb = await SteeredProcess.start(cluster("31000-31049"));
  const added = await lb.ask("POST", "/api/private/addNewCopy", { type: TYPE, n: 3 });
  expect(added).toMatchObject({
    status: 201,
    body: { type: TYPE, n: 3, servers: ["task-1", "task-2", "task-3"] },
  });
  const sent = await lb.ask("POST", "/api/private/sendTask", { type: "generate_nth_fibonacci", n: 123 });
  expect(sent).toMatchObject({ status: 200, body: { value: "22698374052006863956975682" } });
  const factorial = await lb.ask("POST", "/api/private/sendTask", { type: "generate_n_factorial", n: 20 });
  expect(factorial).toMatchObject({ status: 200, body: { value: "2432902008176640000" } });
  const many = Array.from({ length: 30 }, () =>
    lb.ask("POST", "/api/private/sendTask", { type: "generate_nth_fibonacci", n: 50 }),
  );
  const byServer = grouped(await Promise.all(many));
  expect([...byServer.values()].map((answers) => answers.length).toSorted()).toEqual([10, 10, 10]);
  const client = await run(
    "clients/client.js",
    "--to",
    lb.listener,
    "--tasks",
    "fibonacci:90,factorial:20",
    "--requests",
    "12",
  );
  expect([client.code, client.stderr]).toEqual([0, ""]);
  const deleted = (await lb.ask("POST", "/api/private/DeleteCopy", { type: TYPE, n: 2 })).body as Copies;
  expect(deleted).toMatchObject({ n: 2, servers: ["task-2", "task-3"] });
  await eventually(async () =>
    expect(((await lb.ask("GET", "/api/v1/servers")).body as Copies).servers).toHaveLength(1),
  );
  const rest = await lb.ask("POST", "/api/private/DeleteCopy", { type: TYPE, n: 9 });
  expect(rest.body).toMatchObject({ n: 1, servers: ["task-1"] });
  await eventually(async () => {
    const refused = await lb.ask("POST", "/api/private/sendTask", { type: "generate_nth_fibonacci", n: 1 });
    expect(refused).toMatchObject({ status: 503, body: { error: { code: "no-backend" } } });
  });
  expect((await lb.ask("POST", "/api/private/addNewCopy", { type: "no-such-thing", n: 1 })).status).toBe(404);
});

test("a copy that is killed is started again, and no task is given to it meanwhile", async () => {
  await using lb = await SteeredProcess.start(cluster("31050-31099"));
  await lb.ask("POST", "/api/private/addNewCopy", { type: TYPE, n: 2 });
  const { servers } = (await lb.ask("GET", "/api/v1/servers")).body as { servers: { pid: number }[] };
  process.kill(servers[0]?.pid as number, "SIGKILL");
  // A task that was on its way to the copy in that moment may be lost with it, and no later one.
  await eventually(() => expect(lb.balancer.stdout).toContain('"msg":"copy crashed"'));
  for (let count = 0; count < 20; count += 1)
    expect((await lb.ask("POST", "/api/v1/tasks", { type: "generate_nth_fibonacci", n: 9 })).status).toBe(
      200,
    );
  await eventually(async () => {
    const { servers: now } = (await lb.ask("GET", "/api/v1/servers")).body as {
      servers: { state: string }[];
    };
    expect(now.map(({ state }) => state)).toEqual(["up", "up"]);
  });
});

test("sessions of a copy that crashes end as those of any server that does, and not as drained", async () => {
  await using lb = await SteeredProcess.start(cluster("31250-31299"));
  expect((await lb.ask("POST", "/api/private/addNewCopy", { type: TYPE, n: 1 })).status).toBe(201);
  const client = await dialPeer(lb.balancer.endpoint);
  client.send("fibonacci 10\n");
  await client.bytes("ok 55".length);
  const { servers } = (await lb.ask("GET", "/api/v1/servers")).body as { servers: { pid: number }[] };
  process.kill(servers[0]?.pid as number, "SIGKILL");
  expect(await client.outcome()).toBe("end");
  client.finish();
  await eventually(() => expect(lb.balancer.records).toHaveLength(1));
  expect(["done", "backend-reset"]).toContain(lb.balancer.records[0]?.ending);
});

test.each(["with what the kernel has for it", "by a leash where setpriv is not there"])(
  "no copy outlives the balancer that is killed: %s",
  async (how) => {
    const config = cluster(how.startsWith("with") ? "31100-31149" : "31150-31199");
    const before = process.env.PATH;
    // The path is looked through for setpriv by the balancer itself.
    if (!how.startsWith("with")) process.env.PATH = "/nowhere";
    const lb = await SteeredProcess.start(config).finally(() => {
      process.env.PATH = before;
    });
    await lb.ask("POST", "/api/private/addNewCopy", { type: TYPE, n: 2 });
    const { servers } = (await lb.ask("GET", "/api/v1/servers")).body as { servers: { pid: number }[] };
    const pids = servers.map(({ pid }) => pid);
    expect(pids.filter(runs)).toHaveLength(2);
    await lb[Symbol.asyncDispose]();
    await eventually(() => expect(pids.filter(runs)).toEqual([]));
  },
);

test("nor does a server that its copy runs behind a shell", async () => {
  const config = cluster("31400-31449");
  const { command } = config.servers.task as { command: string[] };
  const behindShell = ["/bin/sh", "-c", `${command.join(" ")}; true`];
  const lb = await SteeredProcess.start({
    ...config,
    servers: { task: { ...config.servers.task, command: behindShell } },
  });
  const added = await lb.ask("POST", "/api/private/addNewCopy", { type: TYPE, n: 2 });
  expect(added.status).toBe(201);
  const { servers } = (await lb.ask("GET", "/api/v1/servers")).body as { servers: { pid: number }[] };
  const behind = servers.flatMap(({ pid }) => childrenOf(pid));
  expect(behind).toHaveLength(2);
  lb.balancer.signal("SIGKILL");
  await lb[Symbol.asyncDispose]();
  await eventually(() => expect(behind.filter(runs)).toEqual([]));
});

test("copies end in order with the balancer", async () => {
  await using lb = await SteeredProcess.start(cluster("31200-31249"));
  await lb.ask("POST", "/api/private/addNewCopy", { type: TYPE, n: 2 });
  const { servers } = (await lb.ask("GET", "/api/v1/servers")).body as { servers: { pid: number }[] };
  expect(await lb.stop()).toBe(0);
  expect(servers.map(({ pid }) => pid).filter(runs)).toEqual([]);
  expect(lb.balancer.stdout.match(/"exit":"exit code 0","msg":"copy stopped"/g)).toHaveLength(2);
});

function grouped<T extends { readonly body: unknown }>(answers: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const answer of answers) {
    const { server } = answer.body as { server: string };
    groups.set(server, [...(groups.get(server) ?? []), answer]);
  }
  return groups;
}
