import { fileURLToPath } from "node:url";

const path = (script: string) => fileURLToPath(new URL(`../../dist/servers/${script}`, import.meta.url));

/** A template of one of the test servers. Its ports are this file's own, so that test files do not take each other's. */
export function template(script: string, pool: string, ports: string, more: object = {}): object {
  return { command: [process.execPath, path(script), "{host}", "{port}"], pool, ports, ...more };
}
