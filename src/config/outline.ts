import type { Endpoint } from "../core/address.ts";
import { plainBlock } from "./block.ts";
import { understood } from "./value.ts";
import { backendAddress, clientId, listenAddress, range } from "./values.ts";

/**
 * What can be understood of a configuration even where other parts of it are wrong, so that what refers to one another
 * is checked in the same run. Entries keep their place in the lists; what is not understood is undefined.
 */
export interface Outline {
  readonly listeners: readonly ListenerOutline[];
  /** Undefined where there is no table of pools at all. */
  readonly pools: ReadonlyMap<string, readonly BackendOutline[]> | undefined;
  readonly clients: readonly {
    readonly id: string | undefined;
    readonly blocks: readonly (string | undefined)[];
  }[];
  readonly servers: readonly ServerOutline[];
  readonly admin: AdminOutline;
}

interface AdminOutline {
  readonly listen: Endpoint | undefined;
  readonly hasTokens: boolean;
  /** Of the listener that tasks go through. */
  readonly tasksListener: unknown;
}

/** One template of servers. */
interface ServerOutline {
  readonly name: string;
  readonly pool: unknown;
  readonly host: string;
  readonly ports: readonly [min: number, max: number] | undefined;
  readonly aliases: readonly unknown[];
  readonly count: number;
}

interface ListenerOutline {
  readonly name: unknown;
  readonly listen: Endpoint | undefined;
  readonly pool: unknown;
}

interface BackendOutline {
  readonly name: unknown;
  readonly address: Endpoint | undefined;
}

export function outlineOf(value: unknown): Outline {
  const { listeners, pools, clients, servers, admin } = table(value);
  return {
    listeners: list(listeners).map(table).map(listenerOutline),
    pools: isTable(pools) ? new Map(Object.entries(pools).map(poolOutline)) : undefined,
    clients: list(table(clients).list).map(table).map(clientOutline),
    servers: Object.entries(table(servers)).map(serverOutline),
    admin: adminOutline(table(admin)),
  };
}

type Table = Readonly<Record<string, unknown>>;

function listenerOutline({ name, listen, pool }: Table): ListenerOutline {
  return { name, listen: understood(listenAddress, listen), pool };
}

function adminOutline({ listen, tokenFile = "off", tasks }: Table): AdminOutline {
  return {
    listen: understood(listenAddress, listen),
    hasTokens: tokenFile !== "off",
    tasksListener: table(tasks).listener,
  };
}

function poolOutline([pool, settings]: [string, unknown]): [string, BackendOutline[]] {
  const backends = list(table(settings).backends).map(table);
  return [
    pool,
    backends.map(({ name, address }) => ({ name, address: understood(backendAddress, address) })),
  ];
}

function serverOutline([name, server]: [string, unknown]): ServerOutline {
  const { pool, host = "127.0.0.1", ports, aliases, count } = table(server);
  const asked = understood(range("ports", 1, 65_535), ports);
  return { name, pool, host: String(host), ports: asked, aliases: list(aliases), count: Number(count) || 0 };
}

function clientOutline({ id, addresses }: Table) {
  const own = understood(clientId, id);
  return {
    id: own && (plainBlock(own) ?? own),
    blocks: list(addresses).map((each) => (typeof each === "string" ? plainBlock(each) : undefined)),
  };
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function table(value: unknown): Table {
  return isTable(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
