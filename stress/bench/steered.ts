import { join } from "node:path";
import { built, configured, dist } from "./balancer.ts";
import type { Place, Subject } from "./subject.ts";

const socketOf = ({ folder }: Place) => join(folder, "admin.sock");

/** This balancer with its API, scraped each second, and a store that keeps what the client's bucket has left. */
export const steered: Subject = {
  name: "lb-admin",
  about: "this balancer with its API, metrics scraped each second, token buckets in a store",
  backends: 1,
  absent: built,
  command: configured((place) => ({
    listener: { rateLimit: true },
    pools: { p: { backends: place.backends.map((port) => ({ address: `127.0.0.1:${port}` })) } },
    clients: { default: { capacity: 1_000_000, ratePerSec: 1_000_000 } },
    admin: { listen: `unix:${socketOf(place)}` },
    store: { kind: "file", path: join(place.folder, "clients.json") },
    log: { level: "info", sessions: false },
  })),
  companion: (place) => [process.execPath, dist("stress/bench/scrape.js"), socketOf(place)],
};
