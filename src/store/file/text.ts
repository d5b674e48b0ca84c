import type { Steps } from "../../core/slices.ts";
import { StoreRefused } from "../refusals.ts";
import type { Json } from "../seam.ts";

/** Parts of a text are written one by one, so none is large. */
const PART_CHARS = 64 * 1024;
/** Indentation, colon, comma and the end of the line. */
const AROUND_ENTRY = 8;

/** The text of one kind of file: an object whose `schema` says so, and in it one object for each of `shelves`, one line per key. */
export interface Format {
  readonly schema: string;
  readonly shelves: readonly string[];
}

/** The text of shelves whose values are JSON texts already, as steps. */
export function* textOf(
  schema: string,
  shelves: Readonly<Record<string, ReadonlyMap<string, string>>>,
  head: Readonly<Record<string, number>> = {},
): Steps<string[]> {
  const parts: string[] = [];
  let part = `{\n  "schema": ${JSON.stringify(schema)}`;
  for (const [name, value] of Object.entries(head)) part += `,\n  "${name}": ${value}`;
  for (const [name, shelf] of Object.entries(shelves)) {
    part += `,\n  "${name}": {`;
    let separator = "\n";
    for (const [key, value] of shelf) {
      part += `${separator}    ${JSON.stringify(key)}: ${value}`;
      separator = ",\n";
      if (part.length > PART_CHARS) {
        parts.push(part);
        part = "";
      }
      yield;
    }
    part += shelf.size === 0 ? "}" : "\n  }";
  }
  parts.push(`${part}\n}\n`);
  return parts;
}

/** How many bytes an entry takes in the text. */
export function entryBytes(key: string, value: string): number {
  return Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(value) + AROUND_ENTRY;
}

/** What a file of a format holds, each shelf in the order of the file; throws StoreRefused with what is wrong, and where. */
export function readText(path: string, text: string, { schema, shelves }: Format): Document {
  const found = parsed(path, text);
  if (!isObject(found) || typeof found.schema !== "string") throw foreign(path, schema);
  if (found.schema !== schema) throw otherSchema(path, found.schema, schema);
  const entries = shelves.map((name) => {
    const shelf = found[name];
    if (!isObject(shelf)) throw new StoreRefused(`${path} is damaged: ${name}: expected an object`);
    return [name, new Map(Object.entries(shelf))] as const;
  });
  return { head: found, shelves: Object.fromEntries(entries) };
}

/** What stands in a file. */
export interface Document {
  readonly head: { readonly [key: string]: Json };
  readonly shelves: Readonly<Record<string, ReadonlyMap<string, Json>>>;
}

function parsed(path: string, text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StoreRefused(`${path} is not JSON: ${(error as Error).message.split("\n", 1)[0]}`);
  }
}

function foreign(path: string, schema: string): StoreRefused {
  return new StoreRefused(`${path} is another program's file: schema: expected ${JSON.stringify(schema)}`);
}

function otherSchema(path: string, found: string, schema: string): StoreRefused {
  const [, kind, version] = /^(.*)\/(\d+)$/.exec(found) ?? [];
  const [, own, ownVersion] = /^(.*)\/(\d+)$/.exec(schema) as unknown as string[];
  if (kind !== own) return foreign(path, schema);
  const age = Number(version) > Number(ownVersion) ? "a newer" : "an older";
  return new StoreRefused(
    `${path} is of ${age} version of the balancer: it has schema ${found}, expected ${schema}`,
  );
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
