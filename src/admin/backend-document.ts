import { isIP } from "node:net";
import { z } from "zod";
import type { BackendConfig } from "../config/config.ts";
import { administrativeStates, namesOf } from "../contract/backend.ts";
import type { Sample } from "../contract/sample.ts";
import type { Overlay } from "../control/overlay.ts";
import { type Source, sources } from "../control/words.ts";
import { formatEndpoint, parseEndpoint } from "../core/address.ts";
import { limitOrOff, writtenLimit } from "./schemas.ts";

const from = z.object({ source: z.enum(sources), since: z.string() });

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
  const entries = overlay.entriesOf(pool) ?? [];
  const whole = entries.find((entry) => entry.name === name);
  if (whole !== undefined) return written(overlay, pool, whole);
  const at = name.lastIndexOf("@");
  const host = name.slice(at + 1);
  const entry =
    isIP(host) === 0 ? undefined : entries.find((each) => each.name === name.slice(0, Math.max(0, at)));
  return entry && written(overlay, pool, entry, host);
}

/** The entries of a pool with their members; undefined where there is no such pool. */
export function backendsOf(overlay: Overlay, pool: string, sample: Sample): BackendDocument[] | undefined {
  const members = new Map<string, BackendDocument["members"]>();
  for (const member of sample.pools.find(({ name }) => name === pool)?.backends ?? []) {
    const { entry } = member;
    members.set(entry, [...(members.get(entry) ?? []), member]);
  }
  return overlay.entriesOf(pool)?.map((entry) => ({
    ...written(overlay, pool, entry),
    members: (members.get(entry.name) ?? []).map(memberOf),
  }));
}

/** A backend with its members. */
export function withMembers(said: SaidOfBackend, pool: string, { pools }: Sample): BackendDocument {
  const all = pools.find(({ name }) => name === pool)?.backends ?? [];
  const members = all.filter((member) => isCalled(member, said.name));
  return { ...said, members: members.map(memberOf) };
}

/** To read an address takes long enough to leave the other entries alone. */
function isCalled({ name, entry, address }: Member, called: string): boolean {
  return (
    called.startsWith(entry) && namesOf({ name, entry, endpoint: parseEndpoint(address) }).includes(called)
  );
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
  const sourceOf = ({ source, sinceMs }: { readonly source: Source; readonly sinceMs: number }) => ({
    source,
    since: new Date(sinceMs).toISOString(),
  });
  const { weight, maxConnections, state } = values;
  return {
    name: host === undefined ? entry.name : `${entry.name}@${host}`,
    address: formatEndpoint(entry.address),
    weight: weight.value,
    maxConnections: writtenLimit(maxConnections.value),
    backup: entry.backup,
    state: state.value,
    from: { weight: sourceOf(weight), maxConnections: sourceOf(maxConnections), state: sourceOf(state) },
  };
}
