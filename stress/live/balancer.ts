import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LabServer } from "./servers.ts";
import { CLIENTS } from "./steady-load.ts";

/** What a laboratory's balancer is told beside its servers. */
export interface LabSettings {
  readonly algorithm: string;
  readonly listen: string;
  readonly admin: string;
}

/** Writes the balancer's configuration into the folder, as JSON; gives the file's path. */
export function configurationIn(
  folder: string,
  servers: readonly LabServer[],
  { algorithm, listen, admin }: LabSettings,
): string {
  const path = join(folder, "live.json");
  const configuration = {
    listeners: [{ name: "main", listen, pool: "main", rateLimit: true }],
    pools: {
      main: {
        algorithm,
        health: { probe: "line", send: "ping\n", expect: "pong", interval: "1s" },
        backends: servers.map(({ name, address }) => ({ name, address })),
      },
    },
    clients: {
      default: { capacity: 2_000, ratePerSec: 1_000 },
      list: [{ id: "greedy", addresses: [CLIENTS.at(-1)], capacity: 40, ratePerSec: 20 }],
    },
    admin: { listen: admin, decisions: "always" },
    log: { level: "info", sessions: false },
  };
  writeFileSync(path, JSON.stringify(configuration, null, 2));
  return path;
}
