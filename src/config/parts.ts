import { z } from "zod";
import type { BackendConfig, Config } from "./config.ts";
import { clientFields } from "./schema/clients.ts";
import { backend, backendFields, pool } from "./schema/pool.ts";

/** One client, in the shape of the file. */
export type ClientConfig = Config["clients"]["list"][number];

/** A backend as the file would have it; plain JSON. */
export function writtenBackend(meant: BackendConfig): unknown {
  return z.encode(backend, meant);
}

/** The backend that is meant; throws a RangeError that says what was expected. */
export function readBackend(written: unknown): BackendConfig {
  return read(backend, written) as BackendConfig;
}

/** A client as the file would have it; plain JSON. */
export function writtenClient(meant: ClientConfig): unknown {
  return z.encode(clientFields, meant);
}

/** The client that is meant; throws a RangeError that says what was expected. */
export function readClient(written: unknown): ClientConfig {
  return read(clientFields, written);
}

/** One value of a backend, by its key, as the file would have it. */
export function writtenBackendValue(key: string, meant: unknown): unknown {
  return writtenValue(backendFields.shape, key, meant);
}

/** The value of a backend that is meant; throws a RangeError for another, and for a key that there is not. */
export function readBackendValue(key: string, written: unknown): unknown {
  return readValue(backendFields.shape, key, written);
}

/** One value of a client, by its key, as the file would have it. */
export function writtenClientValue(key: string, meant: unknown): unknown {
  return writtenValue(clientFields.shape, key, meant);
}

/** The value of a client that is meant; throws a RangeError for another, and for a key that there is not. */
export function readClientValue(key: string, written: unknown): unknown {
  return readValue(clientFields.shape, key, written);
}

/** One value of a pool, by its key, as the file would have it. */
export function writtenPoolValue(key: string, meant: unknown): unknown {
  return writtenValue(pool.shape, key, meant);
}

/** The value of a pool that is meant; throws a RangeError for another, and for a key that there is not. */
export function readPoolValue(key: string, written: unknown): unknown {
  return readValue(pool.shape, key, written);
}

type Shape = Readonly<Record<string, z.ZodType>>;

function writtenValue(shape: Shape, key: string, meant: unknown): unknown {
  return z.encode(fieldOf(shape, key), meant);
}

function readValue(shape: Shape, key: string, written: unknown): unknown {
  return read(fieldOf(shape, key), written);
}

function fieldOf(shape: Shape, key: string): z.ZodType {
  const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
  if (field === undefined)
    throw new RangeError(`expected one of the keys ${Object.keys(shape).join(", ")}, got ${key}`);
  return field;
}

function read<Meant>(schema: z.ZodType<Meant>, written: unknown): Meant {
  const { data, error, success } = z.safeDecode(schema, written as never);
  if (success) return data;
  const { path, message } = error.issues[0] as z.core.$ZodIssue;
  throw new RangeError([...(path.length > 0 ? [path.join(".")] : []), `expected ${message}`].join(": "));
}
