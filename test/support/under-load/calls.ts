import type { Operator } from "./operator.ts";

/** One kind of call, or a few that belong together. */
export type Call = (operator: Operator, nth: number) => Promise<void>;

const POOL = "/api/v1/pools/web/backends";
const TASK = { type: "generate_nth_fibonacci", n: 30 };

/** The pages and documents, of which each has one answer whatever goes on. */
const READS: readonly string[] = [
  "/",
  "/health",
  "/metrics",
  "/docs/json",
  "/docs/",
  "/clients/list",
  "/api/v1/status",
  "/api/v1/sessions?limit=5",
  "/api/v1/decisions?limit=5",
  "/api/v1/clients?limit=5",
  "/api/v1/servers",
  "/api/v1/servers/web-1",
  POOL,
  `${POOL}/b`,
];

const reads: readonly Call[] = READS.map((path) => async (operator) => {
  await operator.ask("GET", path, [200]);
});

/** A client from its first word to its last; one that the store refused is left as it is. */
const clientsLife: Call = async (operator, nth) => {
  const id = `10.${operator.number}.${nth >> 8}.${nth & 255}`;
  const path = `/api/v1/clients/${encodeURIComponent(id)}`;
  const promised = (capacity: number) => ({
    thing: `client ${id}`,
    value: { capacity, ratePerSec: 1 + nth },
  });
  if (
    !(await operator.change("POST", "/api/v1/clients", promised(10), {
      id,
      capacity: 10,
      ratePerSec: 1 + nth,
    }))
  )
    return;
  await operator.ask("GET", path, [200]);
  if (!(await operator.change("PUT", path, promised(20), { capacity: 20, tokens: 3 }))) return;
  if (nth % 3 === 0) await operator.change("DELETE", path, { thing: `client ${id}`, value: undefined });
};

/** The same by the paths of the reference systems. */
const registeredLife: Call = async (operator, nth) => {
  const id = `user-${operator.number}-${nth}`;
  const promised = (capacity: number) => ({ thing: `client ${id}`, value: { capacity, ratePerSec: 5 } });
  const row = { client_id: id, capacity: 7, rate_per_sec: 5 };
  if (!(await operator.change("POST", "/clients/register", promised(7), row))) return;
  await operator.ask("GET", `/clients/get?id=${id}`, [200]);
  const next = { client_id: id, capacity: 8 };
  if (!(await operator.change("PUT", "/clients/update", promised(8), next))) return;
  if (nth % 3 === 0)
    await operator.change("DELETE", `/clients/delete?id=${id}`, { thing: `client ${id}`, value: undefined });
};

/** A backend that comes, has another share, and goes. */
const backendsLife: Call = async (operator, nth) => {
  const { happened, spare, promises } = operator.desk;
  const name = `x-${operator.number}-${nth}`;
  const thing = `backend ${name}`;
  const body = { name, address: spare, weight: 1 };
  if (!(await operator.change("POST", POOL, { thing, value: { weight: 1, state: "ready" } }, body))) return;
  await operator.ask("PATCH", `${POOL}/${name}`, [200], { weight: 2 });
  promises.kept(thing, { weight: 2, state: "ready" });
  if (nth % 4 === 0) return;
  happened.drains(name);
  if (await operator.change("DELETE", `${POOL}/${name}?within=100ms`, { thing, value: undefined }))
    happened.shuts(name);
};

/** Another share for a backend of the file; each of two operators has its own. */
const weight: Call = async (operator, nth) => {
  const name = ["", "b", "c"][operator.number];
  if (name === undefined) return;
  const value = 1 + (nth % 5);
  await operator.ask("PATCH", `${POOL}/${name}`, [200], { weight: value, maxConnections: 1_000 });
  operator.desk.promises.kept(`backend ${name}`, { weight: value, state: "ready" });
};

const killSession: Call = async (operator) => {
  const { body } = await operator.ask("GET", "/api/v1/sessions?limit=1", [200]);
  const [oldest] = (body as { sessions: { id: string }[] }).sessions;
  if (oldest === undefined) return;
  operator.desk.happened.killed.add(oldest.id);
  await operator.ask("GET", `/api/v1/sessions/${oldest.id}`, [200, 404]);
  await operator.ask("GET", `/api/v1/decisions?session=${oldest.id}`, [200, 404]);
  await operator.ask("DELETE", `/api/v1/sessions/${oldest.id}`, [204, 404]);
};

const task: Call = async (operator, nth) => {
  const path = nth % 2 === 0 ? "/api/v1/tasks" : "/api/private/sendTask";
  await operator.task("POST", path, TASK);
  await operator.task("GET", "/getInfo");
};

const rebalance: Call = async (operator) => {
  await operator.ask("POST", "/api/v1/pools/web/rebalance", [200], { share: "10%", within: "1s" });
};

const checkConfig: Call = async (operator) => {
  // Two of them may be under way at once.
  await operator.ask("POST", "/api/v1/config/check", [422, 429], { listeners: [] });
};

/** A copy more, which is stopped again; only one operator does it, so that names are its own. */
const copiesLife: Call = async (operator, nth) => {
  if (operator.number !== 1) return;
  const { happened } = operator.desk;
  const path = nth % 2 === 0 ? "/api/v1/servers" : "/api/private/addNewCopy";
  const body = nth % 2 === 0 ? { template: "web", count: 1 } : { type: "another:server", n: 1 };
  const answer = await operator.ask("POST", path, [201, 202], body);
  for (const name of (answer.body as { servers: string[] }).servers) {
    happened.drains(name);
    await operator.ask("DELETE", `/api/v1/servers/${name}`, [204]);
  }
};

/** Every kind of call. A drain, a reload and what happens around the balancer are events of their own. */
export const calls: readonly Call[] = [
  clientsLife,
  ...reads.slice(0, 5),
  registeredLife,
  weight,
  task,
  ...reads.slice(5, 10),
  backendsLife,
  copiesLife,
  checkConfig,
  ...reads.slice(10),
  killSession,
  task,
  rebalance,
];
