import {
  readBackend,
  readBackendValue,
  readClient,
  readClientValue,
  readPoolValue,
  writtenBackend,
  writtenBackendValue,
  writtenClient,
  writtenClientValue,
  writtenPoolValue,
} from "../config/parts.ts";
import type { Json, Keep } from "../store/seam.ts";
import { type BackendEdit, type ClientEdit, type Edit, keptAt, type PoolEdit } from "./edit.ts";
import type { Saying } from "./words.ts";

/** Whether a store knows of it: a copy of a server comes with its template, and what was said of it goes with the copy. */
export function isKept(edit: Edit): boolean {
  return edit.added?.source !== "copy" && !(edit.shelf === "backends" && edit.wasCopy);
}

/** How a row is kept; nothing of what the store knows nothing of. */
export function keepOf(edit: Edit): Keep {
  return { ...keptAt(edit), value: isKept(edit) ? rowOf(edit) : null };
}

/** What a row of a store is of: see keptAt. */
export function kindOf({ shelf, key }: Keep): keyof typeof READ {
  if (shelf === "clients") return "client";
  return key.includes("/") ? "backend" : "pool";
}

/** What a row of a store says; throws a RangeError where it is no row of that kind. */
export function editOf(row: Keep): Edit {
  return READ[kindOf(row)](row.key, row.value);
}

const READ = { client: clientEdit, backend: backendEdit, pool: poolEdit } as const;

function backendEdit(key: string, value: Json | null): BackendEdit {
  const at = key.indexOf("/");
  const [pool, name] = [key.slice(0, at), key.slice(at + 1)];
  const { added, said = [] } = rowIn(value);
  return {
    shelf: "backends",
    pool,
    name,
    added: added && { ...sinceOf(added), entry: readBackend(added.as) },
    said: said.map((each) =>
      sayingIn(each, (host) => (host === "" ? name : `${name}@${host}`), readBackendValue),
    ),
  };
}

function clientEdit(id: string, value: Json | null): ClientEdit {
  const { added, said = [] } = rowIn(value);
  return {
    shelf: "clients",
    id,
    added: added && { ...sinceOf(added), entry: readClient(added.as) },
    said: said.map((each) => sayingIn(each, () => id, readClientValue)),
  };
}

function poolEdit(pool: string, value: Json | null): PoolEdit {
  const { said = [] } = rowIn(value);
  return {
    shelf: "pools",
    pool,
    added: undefined,
    said: said.map((each) => sayingIn(each, () => pool, readPoolValue)),
  };
}

/** A thing that says nothing but what the file says is not kept. */
function rowOf(edit: Edit): Json | null {
  if (edit.added === undefined && edit.said.length === 0) return null;
  switch (edit.shelf) {
    case "clients":
      return clientRow(edit);
    case "backends":
      return backendRow(edit);
    case "pools":
      return { said: edit.said.map((saying) => wordRow(saying, writtenPoolValue)) };
  }
}

function backendRow({ name, added, said }: BackendEdit): Json {
  return {
    ...(added && { added: { as: writtenBackend(added.entry) as Json, since: isoTime(added.sinceMs) } }),
    said: said.map((saying) => ({
      ...(saying.part !== name && { at: saying.part.slice(name.length + 1) }),
      ...wordRow(saying, writtenBackendValue),
    })),
  };
}

function clientRow({ added, said }: ClientEdit): Json {
  const since = added && isoTime(added.sinceMs);
  return {
    ...(added && { added: { as: writtenClient(asWritten(added.entry)) as Json, since: since as string } }),
    said: said.map((saying) => wordRow(saying, writtenClientValue)),
  };
}

/** An address or block stands for itself. */
function asWritten(entry: NonNullable<ClientEdit["added"]>["entry"]) {
  const { id, addresses, capacity, ratePerSec } = entry;
  return { id, addresses: [...addresses], capacity, ratePerSec };
}

function wordRow({ word }: Saying, written: (key: string, value: unknown) => unknown): Record<string, Json> {
  const { key, value, replaced, sinceMs } = word;
  return {
    key,
    value: written(key, value) as Json,
    replaced: written(key, replaced) as Json,
    since: isoTime(sinceMs),
  };
}

type Table = Readonly<Record<string, unknown>>;

function rowIn(value: Json | null): { added?: Table | undefined; said?: readonly Table[] } {
  if (value === null) return {};
  const { added, said = [] } = tableIn(value);
  if (!Array.isArray(said)) throw new RangeError("said: expected a list");
  return { added: added === undefined ? undefined : tableIn(added), said: said.map(tableIn) };
}

function sayingIn(
  row: Table,
  partOf: (host: string) => string,
  read: (key: string, written: unknown) => unknown,
): Saying {
  const { at = "", key, value, replaced, since } = row;
  if (typeof key !== "string" || typeof at !== "string") throw new RangeError("key: expected a text");
  const word = { key, value: read(key, value), replaced: read(key, replaced), sinceMs: msOf(since) };
  return { part: partOf(at), word };
}

function sinceOf({ since }: Table): { readonly source: "api"; readonly sinceMs: number } {
  return { source: "api", sinceMs: msOf(since) };
}

function msOf(time: unknown): number {
  const ms = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(ms)) throw new RangeError("since: expected a time such as 2026-01-01T00:00:00.000Z");
  return ms;
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

function tableIn(value: unknown): Table {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Table;
  throw new RangeError("expected a mapping");
}
