import type { AlgorithmName } from "../algorithms/index.ts";
import type { Endpoint } from "../core/address.ts";
import type { AdministrativeState } from "../core/backend.ts";
import type { LogSettings } from "../core/log-settings.ts";

/** Everything that can be configured, validated and with every default filled in. Names are not yet looked up. */
export interface Config {
  readonly listeners: readonly ListenerConfig[];
  readonly pools: readonly PoolConfig[];
  readonly log: LogSettings;
  readonly shutdown: { readonly graceMs: number };
}

export interface ListenerConfig {
  readonly name: string;
  readonly listen: Endpoint;
  readonly pool: string;
  readonly halfClose: boolean;
  readonly idleMs: number;
  readonly finMs: number;
}

export interface PoolConfig {
  readonly name: string;
  readonly algorithm: AlgorithmName;
  readonly attempts: number;
  readonly connectMs: number;
  readonly backends: readonly BackendConfig[];
}

export interface BackendConfig {
  readonly name: string;
  readonly address: Endpoint;
  readonly weight: number;
  readonly state: AdministrativeState;
}

/** What holds where nobody says otherwise. */
export const defaults = {
  listen: "127.0.0.1:8080",
  backends: ["127.0.0.1:9001", "127.0.0.1:9002", "127.0.0.1:9003"],
  listener: { halfClose: true, idleMs: 600_000, finMs: 30_000 },
  pool: { attempts: 3, connectMs: 2_000 },
  backend: { weight: 1, state: "ready" },
  log: { level: "info", format: "auto" },
  shutdown: { graceMs: 30_000 },
} as const;
