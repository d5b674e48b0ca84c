import { type Configuration, configured } from "./balancer.ts";

/** This balancer with every check and limit on, and what else is given. */
export const guarded = (more: Partial<Configuration> = {}) =>
  configured(({ backends }) => ({
    listener: {
      access: [{ allow: "127.0.0.0/8" }, { deny: "all" }],
      connectionsPerClient: 100_000,
      rateLimit: true,
      acceptProxy: { from: ["10.0.0.0/8"] },
      timeouts: { maxAge: "1h" },
    },
    pools: {
      p: { backends: backends.map((port) => ({ address: `127.0.0.1:${port}`, maxConnections: 100_000 })) },
    },
    clients: { default: { capacity: 1_000_000, ratePerSec: 1_000_000 } },
    ...more,
  }));
