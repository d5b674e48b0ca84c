import type { ServerState, Switch } from "./faults/switch.ts";

/** What a parent may send to a test server: the name of a server of this process, and what becomes of it. */
type Order = { readonly id: number; readonly server: string } & (
  | { readonly do: "slow"; readonly lateMs: number }
  | { readonly do: "crash" | "restore" }
);

/** What comes back for each order: whether it was done, and how the server is then. */
interface Obeyed {
  readonly id: number | undefined;
  readonly done: boolean;
  readonly state: ServerState | undefined;
}

const LONGEST_LATE_MS = 60_000;

/**
 * Obeys the orders of the parent that has this process on its channel, as the laboratory has; an order that is none of the
 * above, or for a server that is not here, is answered as not done. Does nothing in a process without such a parent.
 */
export function obeyParent(switches: ReadonlyMap<string, Switch>): void {
  if (process.send === undefined) return;
  process.on("message", async (order: Partial<Order>) => {
    const { id, server = "" } = order;
    const found = switches.get(server);
    const done = await obey(order, found);
    process.send?.({ id, done, state: found?.state } satisfies Obeyed);
  });
  // Listening for orders alone is no reason to live.
  process.channel?.unref();
}

async function obey(order: Partial<Order>, found: Switch | undefined): Promise<boolean> {
  if (found === undefined) return false;
  if (order.do === "restore") return await found.restore();
  if (order.do === "crash") found.crash();
  else if (isSlow(order)) found.slow(order.lateMs);
  else return false;
  return true;
}

function isSlow(order: Partial<Order>): order is Extract<Order, { do: "slow" }> {
  if (order.do !== "slow") return false;
  const { lateMs } = order as { readonly lateMs?: unknown };
  return typeof lateMs === "number" && lateMs >= 0 && lateMs <= LONGEST_LATE_MS;
}
