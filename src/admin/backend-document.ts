import { isIP } from "node:net";
import { z } from "zod";
import type { BackendConfig } from "../config/config.ts";
import { administrativeStates, namesOf } from "../contract/backend.ts";
import type { Sample } from "../contract/sample.ts";
import type { Overlay } from "../control/overlay.ts";
import { formatEndpoint, parseEndpoint } from "../core/address.ts";
import type { Steps } from "../core/slices.ts";
import type { Controls } from "./controls.ts";
import { from, fromOf } from "./said-from.ts";
import { limitOrOff, writtenLimit } from "./schemas.ts";

/** A backend as it is wanted; and its members, one for each of its addresses, as they are. */
export const backendDocument = z
  .object({
    name: z.string(),
    address: z.string(),
    weight: z.number(),
    maxConnections: limitOrOff,
    backup: z.boolean(),
    state: z.enum(administrativeStates),
    from: z
      .object({ weight: from, maxConnections: from, state: from })
      .describe("Who said each value, and since when it holds."),
    members: z.array(
      z.object({
        name: z.string(),
        address: z.string(),
        state: z
          .enum(administrativeStates)
          .describe("What is wanted of it; a word about it alone goes before."),
        operational: z.enum(["up", "down", "ejected"]),
        weight: z.number().describe("Its share at this moment."),
        active: z.number(),
        connected: z.number(),
        failed: z.number(),
      }),
    ),
    stored: z.literal(false).optional().describe("There where the store does not have the change yet."),
  })
  .meta({ id: "Backend" });

type BackendDocument = z.output<typeof backendDocument>;
type Member = Sample["pools"][number]["backends"][number];
/** What was configured or said of a backend, without live numbers. */
type SaidOfBackend = Omit<BackendDocument, "members" | "stored">;

/** What was configured or said of a backend, by its entry's name or as `entry@host`; undefined where there is none. */
export function saidOfBackend(overlay: Overlay, pool: string, name: string): SaidOfBackend | undefined {
  const { entry, host } = calledIn(overlay, pool, name) ?? {};
  return entry && written(overlay, pool, entry, host);
}

function calledIn(overlay: Overlay, pool: string, name: string) {
  const entries = overlay.entriesOf(pool) ?? [];
  const whole = entries.find((entry) => entry.name === name);
  if (whole !== undefined) return { entry: whole };
  const at = name.lastIndexOf("@");
  const host = name.slice(at + 1);
  if (isIP(host) === 0) return undefined;
  return { entry: entries.find((each) => each.name === name.slice(0, Math.max(0, at))), host };
}

/** The entries of a pool with their members, as steps; undefined where there is no such pool. */
export function* backendsOf(
  overlay: Overlay,
  pool: string,
  sample: Sample,
): Steps<BackendDocument[] | undefined> {
  const members = new Map<string, Member[]>();
  for (const member of sample.pools.find(({ name }) => name === pool)?.backends ?? []) {
    const known = members.get(member.entry);
    if (known === undefined) members.set(member.entry, [member]);
    else known.push(member);
  }
  const entries = overlay.entriesOf(pool);
  const found: BackendDocument[] = [];
  for (const entry of entries ?? [])
    yield found.push({
      ...written(overlay, pool, entry),
      members: (members.get(entry.name) ?? []).map(memberOf),
    });
  return entries && found;
}

/** A backend with its members, at the cost of these alone. */
export async function withMembers(
  { overlay, plane }: Pick<Controls, "overlay" | "plane">,
  pool: string,
  said: SaidOfBackend,
): Promise<BackendDocument> {
  const entry = calledIn(overlay(), pool, said.name)?.entry?.name ?? said.name;
  const { pools } = await plane.sample({ pools: [pool], entry });
  const members = pools.flatMap(({ backends }) => backends).filter((member) => isCalled(member, said.name));
  return { ...said, members: members.map(memberOf) };
}

function isCalled({ name, entry, address }: Member, called: string): boolean {
  return namesOf({ name, entry, endpoint: parseEndpoint(address) }).includes(called);
}

function memberOf({
  name,
  address,
  state,
  operational,
  weight,
  active,
  connected,
  failed,
}: BackendDocument["members"][number]) {
  return { name, address, state, operational, weight, active, connected, failed };
}

function written(overlay: Overlay, pool: string, entry: BackendConfig, host?: string): SaidOfBackend {
  const values = overlay.backend(pool, entry.name, host) as NonNullable<ReturnType<Overlay["backend"]>>;
  const { weight, maxConnections, state } = values;
  return {
    name: host === undefined ? entry.name : `${entry.name}@${host}`,
    address: formatEndpoint(entry.address),
    weight: weight.value,
    maxConnections: writtenLimit(maxConnections.value),
    backup: entry.backup,
    state: state.value,
    from: { weight: fromOf(weight), maxConnections: fromOf(maxConnections), state: fromOf(state) },
  };
}
