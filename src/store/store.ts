import { hostname } from "node:os";
import type { Clock } from "../core/clock.ts";
import type { Dice } from "../core/dice.ts";
import { FileStore } from "./file/store.ts";
import { PostgresStore } from "./postgres/store.ts";
import type { Store } from "./seam.ts";

export { StoreConflict, StoreDown, StoreFull, StoreRefused } from "./refusals.ts";
export type {
  ClientChange,
  Json,
  Keep,
  Kept,
  Shelf,
  Store,
  StoreEvents,
  StoreStatus,
} from "./seam.ts";

/** Where a store is; `node` is whose words about backends and whose tokens these are, by default the host's name. */
export type StoreSettings =
  | { readonly kind: "file"; readonly path: string; readonly node?: string | undefined }
  | { readonly kind: "postgres"; readonly url: string; readonly node?: string | undefined };

/** What a store takes from outside. */
export interface StoreParts {
  readonly clock: Clock;
  readonly dice: Dice;
}

/** A store that is still to be opened; it has touched nothing yet. */
export function openStore(settings: StoreSettings, { clock, dice }: StoreParts): Store {
  if (settings.kind === "file") return new FileStore(settings.path, clock);
  return new PostgresStore({ url: settings.url, node: settings.node ?? hostname(), clock, dice });
}
