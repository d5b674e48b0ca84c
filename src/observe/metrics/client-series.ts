import type { ClientsSample } from "../../contract/clients.ts";
import { REST, Rest } from "./rest.ts";

/** Clients with series of their own. */
export const MOST_CLIENTS_SHOWN = 1_000;

/** The numbers of one entry of the list, or of all other clients that have a bucket. */
export interface ClientCounts {
  readonly client: string;
  /** Undefined: of clients without an entry. */
  readonly tokens: number | undefined;
  readonly accepted: number;
  readonly refused: number;
}

/** Adds up the clients that have no series of their own, and those without an entry. */
export class ClientSeries {
  readonly #rest = new Rest();

  /** One row for each entry that is shown, and one for all others. */
  of({ all, first, rest }: ClientsSample): ClientCounts[] {
    const shown = new Map(first.map(({ id, accepted, refused }) => [id, [accepted, refused]]));
    const [accepted = 0, refused = 0] = this.#rest.settle(
      shown,
      [all.accepted, all.refused],
      rest.entries > 0,
    );
    const rows = first.map((each) => ({ ...each, client: each.id }));
    const tokens = rest.entries > 0 ? rest.tokens : undefined;
    return [...rows, { client: REST, tokens, accepted, refused }];
  }
}
