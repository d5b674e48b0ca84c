import type { ClientChange, Json, StoreEvents, StoreStatus } from "#lb/store/store";

/** What a store told. */
export class Noted implements StoreEvents {
  readonly clients = new Map<string, Json | null>();
  readonly statuses: StoreStatus[] = [];
  told: ReadonlyMap<string, Json> | undefined;
  changed(changes: readonly ClientChange[]): void {
    for (const { key, value } of changes) this.clients.set(key, value);
  }
  backends(backends: ReadonlyMap<string, Json>): void {
    this.told = backends;
  }
  status(status: StoreStatus): void {
    this.statuses.push(status);
  }
}
