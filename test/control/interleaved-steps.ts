import fc from "fast-check";
import type { BackendValues, ClientValues, PoolValues } from "#lb/control/overlay";
import type { Said } from "#lb/control/shelf";
import type { Json } from "#lb/store/seam";
import { type Fault, faults } from "./faulty-store.ts";

/** The pool that steps are about. */
export const POOL = "p";
/** Backends that it has, or may have. */
export const BACKENDS = ["a", "b", "z"] as const;
/** Clients that there are, or may be. */
export const CLIENTS = ["u", "v"] as const;

/** What is done to a balancer and its store; what waits for the store goes on while the next steps are done. */
export type Step =
  | { readonly kind: "set-pool"; readonly said: Said<PoolValues> }
  | { readonly kind: "set-backend"; readonly name: string; readonly said: Said<BackendValues> }
  | { readonly kind: "add-backend"; readonly name: string; readonly source: "api" | "copy" }
  | { readonly kind: "remove-backend"; readonly name: string; readonly source: "api" | "copy" }
  | { readonly kind: "set-client"; readonly id: string; readonly said: Said<ClientValues> }
  | { readonly kind: "add-client"; readonly id: string }
  | { readonly kind: "remove-client"; readonly id: string }
  | { readonly kind: "others"; readonly id: string; readonly row: (id: string) => Json | null }
  | { readonly kind: "reload"; readonly file: string }
  | { readonly kind: "store"; readonly fault: Fault }
  | { readonly kind: "time"; readonly ms: number }
  | { readonly kind: "settle" }
  | { readonly kind: "crash"; readonly isAway: boolean };

/** Any of them. */
export function anyStep(): fc.Arbitrary<Step> {
  const backendSaid = fc.record(
    { state: fc.constantFrom("ready", "drain", null), weight: fc.constantFrom(1, 5, null) },
    { requiredKeys: [] },
  );
  const clientSaid = fc.record(
    { capacity: fc.constantFrom(2, 5, null), ratePerSec: fc.constantFrom(3, null) },
    { requiredKeys: [] },
  );
  const poolSaid = fc.record({ algorithm: fc.constantFrom("random", "first", "maglev", null) });
  const source = fc.constantFrom("api", "api", "copy");
  const id = fc.constantFrom(...CLIENTS);
  const name = fc.constantFrom(...BACKENDS);
  const kind = <Kind extends Step["kind"]>(of: Kind) => fc.constant(of);
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: kind("set-backend"),
        name: fc.constantFrom(...BACKENDS, "b@192.0.2.1"),
        said: backendSaid,
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: kind("set-pool"), said: poolSaid }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("add-backend"), name, source }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("remove-backend"), name, source }) },
    { weight: 2, arbitrary: fc.record({ kind: kind("set-client"), id, said: clientSaid }) },
    fc.record({ kind: kind("add-client"), id }),
    fc.record({ kind: kind("remove-client"), id }),
    fc.record({ kind: kind("others"), id, row: fc.constantFrom(...ROWS) }),
    { weight: 2, arbitrary: fc.record({ kind: kind("reload"), file: fc.constantFrom(...FILES) }) },
    { weight: 3, arbitrary: fc.record({ kind: kind("store"), fault: fc.constantFrom(...faults) }) },
    { weight: 3, arbitrary: fc.record({ kind: kind("time"), ms: fc.constantFrom(0, 0, 1_000) }) },
    fc.record({ kind: kind("settle") }),
    fc.record({ kind: kind("crash"), isAway: fc.boolean() }),
  ) as fc.Arbitrary<Step>;
}

function text({
  backends = "",
  clients = "",
  weight = 1,
  capacity = 2,
  pool = POOL,
  algorithm = "random",
} = {}): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: ${pool}, rateLimit: true }]
pools: { ${pool}: { algorithm: ${algorithm}, health: { probe: off }, backends: [
  { name: a, address: "127.0.0.1:1", weight: ${weight} }, { name: b, address: "web.example:80" }${backends}] } }
clients: { list: [{ id: u, addresses: [10.9.0.0/16], capacity: ${capacity}, ratePerSec: 2 }${clients}] }`;
}

/** The file at the first start. */
export const FILE = text();
const FILES = [
  FILE,
  text({ weight: 2, capacity: 3 }),
  text({ backends: `, { name: z, address: "127.0.0.1:3" }` }),
  text({ clients: ", { id: v, addresses: [], capacity: 1, ratePerSec: 1 }" }),
  text({ pool: "q" }),
  text({ algorithm: "maglev" }),
];

const SINCE = "2026-01-01T00:00:00.000Z";

/** Rows that another balancer writes: words over either file, a client, nothing. */
const ROWS: readonly ((id: string) => Json | null)[] = [
  () => null,
  () => ({ said: [{ key: "capacity", value: 77, replaced: 2, since: SINCE }] }),
  () => ({ said: [{ key: "capacity", value: 66, replaced: 1, since: SINCE }] }),
  (id) => ({ added: { as: { id, addresses: [], capacity: 4, ratePerSec: 4 }, since: SINCE }, said: [] }),
];
