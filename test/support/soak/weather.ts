import { setTimeout as delay } from "node:timers/promises";
import { algorithmNames } from "#lb/contract/algorithm";
import { formatEndpoint } from "#lb/core/address";
import type { Dice } from "#lb/core/dice";
import type { SoakServer } from "./server.ts";

const CALM_MS = 120;
const DOWN_MS = 250;
/** One client in sixteen comes from here. */
const CROWD = "127.1.0.0/16";

/** A configuration with health checks, ejection, a queue and limits, of which much is another at each call. */
export function drawConfiguration(servers: readonly SoakServer[], seats: number, dice: Dice): string {
  const backends = servers.map(({ endpoint }, index) => ({
    name: `s${index}`,
    address: formatEndpoint(endpoint),
    weight: one(dice, 1, 1, 2),
    maxConnections: Math.ceil(seats / one(dice, 6, 12)),
    backup: index === servers.length - 1,
    state: index === 0 ? one(dice, "ready", "drain", "maint") : "ready",
  }));
  const main = {
    name: "main",
    listen: "127.0.0.1:0",
    pool: "main",
    refuse: "line",
    connectionsPerClient: 3,
    rateLimit: true,
    timeouts: { idle: "1m", fin: "1m" },
  };
  const side = { ...main, name: "side", listen: "127.0.0.2:0" };
  return JSON.stringify({
    listeners: one(dice, [main], [main, side]),
    pools: {
      main: {
        algorithm: one(dice, ...algorithmNames),
        queue: { max: Math.ceil(seats / 4), timeout: one(dice, "100ms", "300ms") },
        health: { probe: "tcp", interval: "100ms", timeout: "500ms", rise: 1, fall: 2 },
        outlier: { failures: 3, ejectFor: "200ms" },
        slowStart: one(dice, "off", "300ms"),
        retryBudget: one<unknown>(dice, "off", { share: "20%", min: 10 }),
        // One of them comes and goes.
        backends: one(dice, backends, backends.slice(1)),
      },
    },
    clients: { list: [{ id: "crowd", addresses: [CROWD], capacity: 10, ratePerSec: 10 }] },
    shutdown: { grace: "5s" },
  });
}

/** Crashes servers and changes the configuration, until it is told to stop; then all servers are up. */
export async function weather(
  servers: readonly SoakServer[],
  reload: () => Promise<void>,
  dice: Dice,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    await delay(dice() * CALM_MS);
    if (dice() < 0.5) await reload();
    else await crashAndReturn(servers[Math.floor(dice() * servers.length)] as SoakServer, dice);
  }
}

async function crashAndReturn(server: SoakServer, dice: Dice): Promise<void> {
  await server.crash();
  await delay(dice() * DOWN_MS);
  await server.start();
}

function one<T>(dice: Dice, ...choices: readonly T[]): T {
  return choices[Math.floor(dice() * choices.length)] as T;
}
