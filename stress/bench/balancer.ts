import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommandLine, Place } from "./subject.ts";

/** Where a file of the project is once it is built. */
export const dist = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Why this balancer cannot run; undefined where it can. */
export const built = () => (existsSync(dist("lb.js")) ? undefined : "not built; npm run build");

/** This balancer by its flags. */
export function lb(...options: string[]): (place: Place) => CommandLine {
  return ({ port, backends }) => [
    process.execPath,
    dist("lb.js"),
    "round-robin",
    `--listen=127.0.0.1:${port}`,
    ...backends.map((backend) => `--backend=127.0.0.1:${backend}`),
    ...options,
  ];
}

/** What a subject's configuration has beside the defaults: a listener for the pool `p`, pools, and other parts. */
export interface Configuration {
  readonly listener?: object;
  readonly pools: { readonly p: object; readonly [pool: string]: object };
  readonly clients?: object;
  readonly admin?: object;
  readonly store?: object;
  readonly log?: object;
  readonly transport?: string;
}

/** This balancer by a configuration. */
export function configured(configuration: (place: Place) => Configuration): (place: Place) => CommandLine {
  return (place) => [process.execPath, dist("lb.js"), "--config", writeTo(place, configuration(place))];
}

/** Writes the configuration, as JSON, to the file that the balancer reads, and says where that is. */
export function writeTo({ port, folder }: Place, { listener = {}, ...more }: Configuration): string {
  const file = join(folder, "lb.json");
  const listeners = [{ listen: `127.0.0.1:${port}`, pool: "p", ...listener }];
  writeFileSync(file, JSON.stringify({ listeners, log: { level: "warn" }, ...more }));
  return file;
}
