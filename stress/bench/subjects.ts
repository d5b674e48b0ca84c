import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";
import type { Subject } from "./subject.ts";

const dist = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const present = () => undefined;
const built = () => (existsSync(dist("lb.js")) ? undefined : "not built; npm run build");

function lb(...options: string[]): NonNullable<Subject["command"]> {
  return ({ port, backends }) => [
    process.execPath,
    dist("lb.js"),
    "round-robin",
    `--listen=127.0.0.1:${port}`,
    ...backends.map((backend) => `--backend=127.0.0.1:${backend}`),
    ...options,
  ];
}

/** Parts of a configuration beside the defaults; `member` is every backend's. */
interface Extras {
  readonly listener?: object;
  readonly pool?: object;
  readonly member?: object;
  readonly clients?: object;
}

/** The balancer with a configuration file, which may be JSON. */
function configured(
  algorithm: string,
  { listener = {}, pool = {}, member = {}, ...more }: Extras,
): NonNullable<Subject["command"]> {
  return ({ port, backends, folder }) => {
    const file = join(folder, "lb.json");
    const listeners = [{ listen: `127.0.0.1:${port}`, pool: "p", ...listener }];
    const members = backends.map((backend) => ({ address: `127.0.0.1:${backend}`, ...member }));
    const pools = { p: { algorithm, backends: members, ...pool } };
    writeFileSync(file, JSON.stringify({ listeners, pools, log: { level: "warn" }, ...more }));
    return [process.execPath, dist("lb.js"), "--config", file];
  };
}

/** Choosing among many, without the probes, which would cost more than the choice. */
function among(backends: number, algorithm: string): Subject {
  return {
    name: `lb-${algorithm}-${backends}`,
    about: `this balancer, choosing among ${backends} backends by ${algorithm}`,
    backends,
    absent: built,
    command: configured(algorithm, { pool: { health: { probe: "off" } } }),
    extra: true,
  };
}

const guarded = configured("round-robin", {
  listener: {
    access: [{ allow: "127.0.0.0/8" }, { deny: "all" }],
    connectionsPerClient: 100_000,
    rateLimit: true,
    acceptProxy: { from: ["10.0.0.0/8"] },
    timeouts: { maxAge: "1h" },
  },
  member: { maxConnections: 100_000 },
  clients: { default: { capacity: 1_000_000, ratePerSec: 1_000_000 } },
});

/** The rows, in the order they are shown. To add one, add it here. */
export const subjects: readonly Subject[] = [
  { name: "direct", about: "no proxy: what load and backend take alone", backends: 1, absent: present },
  {
    name: "pipe",
    about: "Node's pipe both ways, ten lines",
    backends: 1,
    absent: present,
    command: ({ port, backends }) => [
      process.execPath,
      dist("stress/bench/pipe.js"),
      `${port}`,
      `${backends[0]}`,
    ],
  },
  {
    name: "lb",
    about: "this balancer, without session records",
    backends: 1,
    absent: built,
    command: lb("--log-level=warn"),
  },
  {
    name: "lb-records",
    about: "this balancer, one record per session",
    backends: 1,
    absent: built,
    command: lb("--log-level=info"),
  },
  {
    name: "lb-guarded",
    about: "this balancer with health checks, access list, limits, token buckets, maximum age, PROXY peers",
    backends: 1,
    absent: built,
    command: guarded,
  },
  haproxy,
  nginx,
  among(100, "round-robin"),
  among(1_000, "round-robin"),
  among(100, "p2c"),
  among(1_000, "p2c"),
];
