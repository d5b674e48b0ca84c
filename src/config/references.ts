import { MOST_BACKENDS } from "../contract/backend.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import { isBlock } from "./block.ts";
import { loopMistakes } from "./loops.ts";
import type { Mistake, Path } from "./mistake.ts";
import { MOST_COPIES } from "./other-files.ts";
import { type Outline, outlineOf } from "./outline.ts";
import { isLocal, overlap } from "./reach.ts";
import { shown } from "./shown.ts";
import { understood } from "./value.ts";
import { name, placeName } from "./values.ts";

/** What is wrong between the parts of a configuration: pools that are not defined, names used twice, loops. */
export function referenceMistakes(value: unknown): Mistake[] {
  const outline = outlineOf(value);
  return [
    ...unknownPools(outline),
    ...repeated(outline.listeners.map(listenerName), "a name no other listener has"),
    ...repeatedBackends(outline),
    ...tooManyBackends(outline),
    ...sharedAddresses(outline),
    ...sharedPorts(outline),
    ...repeated(templateNames(outline), "a name no other template has"),
    ...tooManyCopies(outline),
    ...openAdmin(outline),
    ...unknownTasksListener(outline),
    ...repeated(clientIds(outline), "each client once"),
    ...repeated(clientBlocks(outline), "an address or block no other client has"),
    ...loopMistakes({ listeners: outline.listeners, pools: outline.pools ?? [] }),
  ];
}

const MOST_NAMED = 20;

/** A text and where it stands. */
type Placed = readonly [text: string | undefined, path: Path];

function unknownPools({ listeners, servers, pools }: Outline): Mistake[] {
  if (pools === undefined) return [];
  const used = [
    ...listeners.map(({ pool }, at) => [pool, ["listeners", at, "pool"]] as const),
    ...servers.map(({ name, pool }) => [pool, ["servers", name, "pool"]] as const),
  ];
  const known = [...pools.keys()].filter(
    (pool) => understood(name, pool) !== undefined && pool !== "__proto__",
  );
  const named = known.slice(0, MOST_NAMED).join(", ");
  const expected = `one of the pools${known.length === 0 ? ", of which there are none" : ` ${named}`}`;
  return used
    .filter(([pool]) => understood(name, pool) !== undefined && !known.includes(pool as string))
    .map(([pool, path]) => ({ path, expected, got: shown(pool) }));
}

function repeatedBackends({ pools }: Outline): Mistake[] {
  return [...(pools ?? [])].flatMap(([pool, backends]) => {
    const names = backends.map(({ name, address }, at) =>
      placedName(name, address, ["pools", pool, "backends", at], "address"),
    );
    return repeated(names, "a name no other backend of the pool has");
  });
}

function tooManyBackends({ pools }: Outline): Mistake[] {
  const all = [...(pools ?? [])].reduce((sum, [, backends]) => sum + backends.length, 0);
  const expected = `at most ${MOST_BACKENDS} backends in all pools together`;
  return all > MOST_BACKENDS ? [{ path: ["pools"], expected, got: `${all}` }] : [];
}

function listenerName({ name, listen }: Outline["listeners"][number], at: number): Placed {
  return placedName(name, listen, ["listeners", at], "listen");
}

/** An entry's name, which is its address where it has none of its own. */
function placedName(name: unknown, address: Endpoint | undefined, path: Path, addressKey: string): Placed {
  if (typeof name === "string") return [name, [...path, "name"]];
  return [address && formatEndpoint(address), [...path, addressKey]];
}

function clientIds({ clients }: Outline): Placed[] {
  return clients.map(({ id }, at) => [id, ["clients", "list", at, "id"]]);
}

/** The blocks that names stand for, and after them the blocks that are ids, which `clientIds` compares with one another. */
function clientBlocks({ clients }: Outline): Placed[] {
  const ids = clients.map(({ id }) => id).filter((id) => id !== undefined && isBlock(id));
  const own = [...new Set(ids)].map((id): Placed => [id, ["clients", "list"]]);
  const named = clients.flatMap(({ blocks }, at) =>
    blocks.map((block, index): Placed => [block, ["clients", "list", at, "addresses", index]]),
  );
  return [...own, ...named];
}

/** The names of templates, and after them their aliases. */
function templateNames({ servers }: Outline): Placed[] {
  const aliases = servers.flatMap(({ name, aliases }) =>
    aliases.map(
      (alias, at): Placed => [
        typeof alias === "string" ? alias : undefined,
        ["servers", name, "aliases", at],
      ],
    ),
  );
  return [...servers.map(({ name }): Placed => [name, ["servers", name]]), ...aliases];
}

/** Ranges of ports for copies where two want the same port, or one has the port of a listener or of the admin API in it. */
function sharedPorts({ listeners, servers, admin }: Outline): Mistake[] {
  const listening = [...listeners.map(({ listen }) => listen), admin.listen];
  return servers.flatMap(({ name, host, ports }, at) => {
    if (ports === undefined) return [];
    const [min, max] = ports;
    const others = servers.slice(0, at).filter((each) => each.host === host);
    const shared = others.some((each) => each.ports && each.ports[0] <= max && min <= each.ports[1]);
    const taken = listening.find(
      (each) =>
        each?.kind === "tcp" &&
        each.port >= min &&
        each.port <= max &&
        overlap(each, { kind: "tcp", host, port: each.port }),
    );
    if (!shared && taken === undefined) return [];
    const expected = "ports that no other template has and nothing else listens on";
    return [{ path: ["servers", name, "ports"], expected, got: shown(`${min}-${max}`) }];
  });
}

function tooManyCopies({ servers }: Outline): Mistake[] {
  const all = servers.reduce((sum, { count }) => sum + count, 0);
  const expected = `at most ${MOST_COPIES} copies of all templates together`;
  return all > MOST_COPIES ? [{ path: ["servers"], expected, got: `${all}` }] : [];
}

function repeated(all: readonly Placed[], expected: string): Mistake[] {
  const seen = new Set<string>();
  return all.flatMap(([text, path]) => {
    if (text === undefined) return [];
    if (seen.has(text)) return [{ path, expected, got: shown(text) }];
    seen.add(text);
    return [];
  });
}

/** Listeners, and the admin API, where two want the same port of the same address. */
function sharedAddresses({ listeners, admin }: Outline): Mistake[] {
  const all = listeners.map(({ listen }, at) => ({ listen, path: ["listeners", at, "listen"] as Path }));
  if (admin.listen !== undefined) all.push({ listen: admin.listen, path: ["admin", "listen"] });
  return all.flatMap(({ listen, path }, at) => {
    const other = listen && all.slice(0, at).find((each) => each.listen && overlap(listen, each.listen));
    if (other?.listen === undefined) return [];
    return [
      {
        path,
        expected: "an address nothing else listens on",
        got: shown(formatEndpoint(listen as Endpoint)),
      },
    ];
  });
}

/** Beyond this machine the admin API asks for tokens. */
function openAdmin({ admin: { listen, hasTokens } }: Outline): Mistake[] {
  if (listen === undefined || hasTokens || isLocal(listen)) return [];
  const expected = "a path of a file with tokens, where the API listens beyond loopback";
  return [
    {
      path: ["admin", "tokenFile"],
      expected,
      got: `none, and admin.listen ${shown(formatEndpoint(listen))}`,
    },
  ];
}

function unknownTasksListener({ admin: { tasksListener }, listeners }: Outline): Mistake[] {
  if (understood(placeName, tasksListener) === undefined) return [];
  const names = listeners.flatMap((listener, at) => listenerName(listener, at)[0] ?? []);
  if (names.includes(tasksListener as string)) return [];
  const expected = `one of the listeners ${names.slice(0, MOST_NAMED).join(", ")}`;
  return [{ path: ["admin", "tasks", "listener"], expected, got: shown(tasksListener) }];
}
