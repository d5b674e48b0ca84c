import type { z } from "zod";
import type { configSchema } from "./schema/index.ts";

/**
 * Everything that can be configured, in the shape of the file, validated and with every default filled in. Durations
 * are milliseconds, percentages shares from 0 to 1, addresses endpoints; `off` is Infinity for a limit or a deadline,
 * and undefined or 0 for what is not done. Names are not looked up yet.
 */
export type Config = z.output<typeof configSchema>;

export type ListenerConfig = Config["listeners"][number];
export type PoolConfig = Config["pools"][string];
export type BackendConfig = PoolConfig["backends"][number];
