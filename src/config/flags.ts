import { oneOf, wholeNumber } from "../command/coerce.ts";
import { UsageError } from "../command/failure.ts";
import { algorithmNames } from "../contract/algorithm.ts";
import { parseEndpoint } from "../core/address.ts";
import type { LogLevel } from "../core/log-settings.ts";
import type { TransportName } from "../core/transport-names.ts";
import { flagDefaults } from "./flag-defaults.ts";
import { HEAVIEST } from "./schema/pool.ts";

/** The command line's part of the configuration, as it was typed; undefined: not given. */
export interface Flags {
  /** The configuration file. */
  readonly config?: string | undefined;
  readonly algorithm?: string | undefined;
  readonly listen?: string | undefined;
  /** Each `host:port[#weight]`. */
  readonly backends?: readonly string[] | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly transport?: TransportName | undefined;
}

/** Throws a UsageError where a flag is not as expected. */
export function checkFlags({ algorithm, listen, backends }: Flags): void {
  told("algorithm", () => algorithm === undefined || oneOf(algorithmNames)(algorithm));
  told("--listen", () => listen === undefined || parseEndpoint(listen));
  told("--backend", () => backends?.map(backendEntry));
}

/** The flags in the shape of a file: one listener and one pool, both "main". */
export function valueOfFlags({ algorithm, listen, backends, logLevel, transport }: Flags): unknown {
  if (algorithm === undefined) {
    throw new UsageError(`expected an algorithm (${algorithmNames.join(", ")}) or --config with a file`);
  }
  return {
    listeners: [{ name: "main", listen: listen ?? flagDefaults.listen, pool: "main" }],
    pools: { main: { algorithm, backends: (backends ?? flagDefaults.backends).map(backendEntry) } },
    ...(logLevel && { log: { level: logLevel } }),
    ...(transport && { transport }),
  };
}

/** A file's value with what the flags replace in it. A file in which they find no place is left to the checks. */
export function withFlags(
  value: unknown,
  { config = "the file", algorithm, listen, backends, logLevel, transport }: Flags,
): unknown {
  if (!isFile(value)) return value;
  const pools = Object.entries(value.pools);
  if (listen !== undefined || backends !== undefined) {
    if (value.listeners.length !== 1 || pools.length !== 1) {
      const found = `${value.listeners.length} listeners and ${pools.length} pools`;
      throw new UsageError(
        `--listen and --backend need a file with one listener and one pool, ${config} has ${found}`,
      );
    }
  }
  const replaced = {
    ...(algorithm && { algorithm }),
    ...(backends && { backends: backends.map(backendEntry) }),
  };
  return {
    ...value,
    listeners: value.listeners.map((each) => over(each, { ...(listen && { listen }) })),
    pools: Object.fromEntries(pools.map(([name, pool]) => [name, over(pool, replaced)])),
    ...(logLevel && { log: over(value.log ?? {}, { level: logLevel }) }),
    ...(transport && { transport }),
  };
}

function backendEntry(text: string): { address: string; weight?: number } {
  const [address, weight, ...rest] = text.split("#") as [string, ...string[]];
  if (rest.length > 0) throw new RangeError(`expected host:port[#weight], got "${text}"`);
  parseEndpoint(address, 1);
  return weight === undefined ? { address } : { address, weight: wholeNumber(0, HEAVIEST)(weight) };
}

function told(flag: string, read: () => unknown): void {
  try {
    read();
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`);
  }
}

interface FileValue {
  readonly listeners: readonly unknown[];
  readonly pools: Readonly<Record<string, unknown>>;
  readonly log?: unknown;
}

function isFile(value: unknown): value is FileValue {
  const { listeners, pools } = (value ?? {}) as Partial<FileValue>;
  return Array.isArray(listeners) && isTable(pools);
}

function over(value: unknown, replaced: object): unknown {
  return isTable(value) ? { ...value, ...replaced } : value;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
