import type { Endpoint } from "../core/address.ts";
import { filesFor, openFiles, sessionsWithin } from "../core/open-files.ts";
import type { BackendConfig, Config } from "./config.ts";
import { idleParts } from "./idle-parts.ts";
import { otherFiles } from "./other-files.ts";
import { ownAddresses } from "./own-addresses.ts";
import { isOwn } from "./reach.ts";

const FEW_FILES = 1_000;
const MYSQL_PORT = 3_306;

/** What an operator should know of a configuration that is right as such; a line each. */
export function warnings(
  config: Config,
  files: number = openFiles(),
  own: readonly string[] = ownAddresses(),
): string[] {
  return [
    ...fewFiles(config, files),
    ...moreThanFiles(config, files),
    ...foreignSources(config, own),
    ...brokenLogins(config),
    ...idleParts(config),
  ];
}

function fewFiles(config: Config, files: number): string[] {
  const { listeners } = config;
  if (files >= FEW_FILES || !listeners.some(({ maxConnections }) => maxConnections === "auto")) return [];
  return [
    `only ${files} files may be open, enough for ${sessionsWithin(files, otherFiles(config))} sessions: raise it (ulimit -n)`,
  ];
}

/** Only what was asked for: `auto` fits by itself, and several of it share what there is. */
function moreThanFiles(config: Config, files: number): string[] {
  const { listeners } = config;
  const others = otherFiles(config);
  const sessions = listeners.reduce((sum, { maxConnections: most }) => sum + (most === "auto" ? 0 : most), 0);
  if (sessions === 0 || filesFor(sessions, others) <= files) return [];
  const asked = `maxConnections of the listeners asks for ${sessions} sessions, and only ${files} files may be open`;
  return [
    `${asked}, enough for ${sessionsWithin(files, others)}; each session above that is refused as listener-full: raise it (ulimit -n ${filesFor(sessions, others)}) or ask for less`,
  ];
}

/** Silent where the system does not tell which addresses it has. */
function foreignSources({ pools }: Config, own: readonly string[]): string[] {
  if (own.length === 0) return [];
  return Object.entries(pools).flatMap(([name, { localAddress }]) =>
    localAddress === undefined || isOwn(localAddress, own)
      ? []
      : [
          `localAddress ${localAddress} of the pool ${name} is not an address of this machine: dials from it fail`,
        ],
  );
}

function brokenLogins({ pools }: Config): string[] {
  const probed = Object.entries(pools).filter(([, { health, backends }]) => {
    const isMysql = ({ address }: BackendConfig) => (health.port ?? portOf(address)) === MYSQL_PORT;
    return health.probe.kind === "tcp" && backends.some(isMysql);
  });
  return probed.map(
    ([name]) =>
      `the pool ${name} is probed by tcp on port ${MYSQL_PORT}: MySQL and MariaDB take each probe for a broken connection, and refuse this host after max_connect_errors (100) of them: health: { probe: mysql }`,
  );
}

function portOf(address: Endpoint): number | undefined {
  return address.kind === "tcp" ? address.port : undefined;
}
