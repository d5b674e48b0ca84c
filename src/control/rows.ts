import {
  readBackend,
  readBackendValue,
  readClient,
  readClientValue,
  writtenBackend,
  writtenBackendValue,
  writtenClient,
  writtenClientValue,
} from "../config/parts.ts";
import type { Json, Keep } from "../store/seam.ts";
import { type BackendEdit, type ClientEdit, type Edit, keyOf } from "./overlay.ts";
import type { Saying } from "./words.ts";

/** How an edit is kept: undefined where it is not, because the backend is a copy of a server. */
export function keepOf(edit: Edit): Keep | undefined {
  if (edit.added?.source === "copy" || (edit.shelf === "backends" && edit.wasCopy)) return undefined;
  const { shelf } = edit;
  const key = edit.shelf === "clients" ? edit.id : keyOf(edit.pool, edit.name);
  return { shelf, key, value: edit.shelf === "clients" ? clientRow(edit) : backendRow(edit) };
}

/** What was kept of a backend under this key; throws a RangeError where it is no such row. */
export function backendEdit(key: string, value: Json | null): BackendEdit {
  const at = key.indexOf("/");
  const [pool, name] = [key.slice(0, at), key.slice(at + 1)];
  const { added, said = [] } = rowIn(value);
  return {
    shelf: "backends",
    pool,
    name,
    added: added && { ...sinceOf(added), entry: readBackend(added.as) },
    said: said.map((each) =>
      sayingIn(each, (host) => (host === "" ? key : `${key}@${host}`), readBackendValue),
    ),
  };
}

/** What was kept of a client under this key; throws a RangeError where it is no such row. */
export function clientEdit(id: string, value: Json | null): ClientEdit {
  const { added, said = [] } = rowIn(value);
  return {
    shelf: "clients",
    id,
    added: added && { ...sinceOf(added), entry: readClient(added.as) },
    said: said.map((each) => sayingIn(each, () => id, readClientValue)),
  };
}

/** A thing that says nothing but what the file says is not kept. */
function backendRow({ pool, name, added, said }: BackendEdit): Json | null {
  const key = keyOf(pool, name);
  if (added === undefined && said.length === 0) return null;
  return {
    ...(added && { added: { as: writtenBackend(added.entry) as Json, since: isoTime(added.sinceMs) } }),
    said: said.map((saying) => ({
      ...(saying.part !== key && { at: saying.part.slice(key.length + 1) }),
      ...wordRow(saying, writtenBackendValue),
    })),
  };
}

function clientRow({ added, said }: ClientEdit): Json | null {
  if (added === undefined && said.length === 0) return null;
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
