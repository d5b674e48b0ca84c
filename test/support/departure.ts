import type { Connection, Departure } from "#lb/transport/transport";

/** What the peer of a connection did when it left; resolves when it has. */
export const departureOf = (connection: Connection): Promise<Departure> =>
  new Promise((resolve) => connection.onceLeft(resolve));
