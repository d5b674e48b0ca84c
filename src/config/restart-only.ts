import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config.ts";

/** The keys of which a file says something else than at the start, and which a reload leaves as they were. */
export function restartOnly({ admin, store }: Config, now: Config): string[] {
  const keys = [
    ["admin.listen", admin?.listen, now.admin?.listen],
    ["admin.tokenFile", admin?.tokenFile, now.admin?.tokenFile],
    ["store", store, now.store],
  ] as const;
  return keys.filter(([, before, after]) => !isDeepStrictEqual(before, after)).map(([key]) => key);
}
