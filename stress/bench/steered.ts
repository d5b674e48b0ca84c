import { join } from "node:path";
import { built, configured, dist } from "./balancer.ts";
import type { Place, Subject } from "./subject.ts";

const socketOf = ({ folder }: Place) => join(folder, "admin.sock");

const common = {
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
} satisfies Partial<Subject>;

/** This balancer with its API, and a store that keeps what the client's bucket has left. */
export const steered: readonly Subject[] = [
  {
    name: "lb-admin",
    about: "this balancer with its API, metrics scraped each second, token buckets in a store",
    ...common,
    companion: (place) => [process.execPath, dist("stress/bench/scrape.js"), socketOf(place)],
  },
  {
    name: "lb-unwatched",
    about: "the same without scrapes",
    ...common,
    extra: true,
  },
  {
    name: "lb-watched",
    about: "the same with 32 readers of its live page",
    ...common,
    companion: (place) => [process.execPath, dist("stress/bench/readers.js"), socketOf(place)],
    extra: true,
  },
];
