import type { AlgorithmName } from "../algorithms/index.ts";
import { formatEndpoint, parseEndpoint } from "../core/address.ts";
import type { LogLevel } from "../core/log-settings.ts";
import { type BackendConfig, type Config, defaults } from "./config.ts";

const HEAVIEST = 256;

/** The command line's part of the configuration. */
export interface Flags {
  readonly algorithm: AlgorithmName;
  readonly listen: string;
  /** Each `host:port[#weight]`. */
  readonly backends: readonly string[];
  readonly logLevel: LogLevel;
}

/** One listener and one pool, both "main"; throws a RangeError that says what was expected. */
export function configFromFlags(flags: Flags): Config {
  const backends = flags.backends.map(parseBackend);
  refuseDuplicates(backends);
  return {
    listeners: [{ name: "main", listen: parseEndpoint(flags.listen), pool: "main", ...defaults.listener }],
    pools: [{ name: "main", algorithm: flags.algorithm, ...defaults.pool, backends }],
    log: { ...defaults.log, level: flags.logLevel },
    shutdown: defaults.shutdown,
  };
}

function parseBackend(text: string): BackendConfig {
  const [place, weight, ...rest] = text.split("#") as [string, ...string[]];
  if (rest.length > 0 || (weight !== undefined && !isWeight(weight))) {
    throw new RangeError(`expected host:port[#weight] with a weight from 0 to ${HEAVIEST}, got "${text}"`);
  }
  const address = parseEndpoint(place);
  if (address.kind === "tcp" && address.port === 0) {
    throw new RangeError(`expected a port from 1 to 65535 for a backend, got "${text}"`);
  }
  return { ...defaults.backend, name: formatEndpoint(address), address, weight: Number(weight ?? 1) };
}

function isWeight(text: string): boolean {
  return /^\d{1,3}$/.test(text) && Number(text) <= HEAVIEST;
}

function refuseDuplicates(backends: readonly BackendConfig[]): void {
  const names = new Set<string>();
  for (const { name } of backends) {
    if (names.has(name)) throw new RangeError(`expected each backend once, got "${name}" twice`);
    names.add(name);
  }
}
