import { z } from "zod";
import { isBlock } from "../config/block.ts";
import { bucketValues, client } from "../config/schema/clients.ts";
import { field, isMapping, unexpected, type Value } from "../config/value.ts";
import { block } from "../config/values.ts";
import type { ClientEntry } from "../contract/clients.ts";
import { orNull } from "./schemas.ts";

const MOST_TOKENS = 1_000_000;

const tokens: Value<number> = {
  expected: `a number from 0 to ${MOST_TOKENS}`,
  read: (written) =>
    typeof written === "number" && written >= 0 && written <= MOST_TOKENS ? written : unexpected,
  write: (meaning) => meaning,
  json: { type: "number", minimum: 0, maximum: MOST_TOKENS },
};

/** A list of blocks, or null. */
const addresses: Value<readonly string[]> = {
  expected: "a list of at most 1000 addresses or CIDR blocks",
  read: (written) => {
    if (!Array.isArray(written) || written.length > 1_000) return unexpected;
    const read = written.map((each) => block.read(each));
    return read.includes(unexpected as never) ? unexpected : (read as string[]);
  },
  write: (meaning) => meaning,
  json: { type: "array", items: block.json },
};

/** A client to add. */
export const newClient = z
  .strictObject({
    ...client.shape,
    tokens: field(tokens).optional().describe("What its bucket has at first; default: its capacity."),
  })
  .refine(
    ({ id, addresses: given }) =>
      !(typeof id === "string" && isBlock(id)) || !(Array.isArray(given) && given.length > 0),
    {
      path: ["addresses"],
      error: "addresses only beside a name; an address or block stands for itself",
      when: isMapping,
    },
  );

/** What may be said of a client; what is left out stays as it is, null gives a value back to the file. */
export const clientWords = z.strictObject({
  id: field({
    expected: "the id of the path, or nothing",
    read: (written: unknown) => (typeof written === "string" ? written : unexpected),
    write: String,
    json: { type: "string" },
  }).optional(),
  addresses: orNull(addresses),
  capacity: orNull(bucketValues.capacity),
  ratePerSec: orNull(bucketValues.ratePerSec),
  tokens: field(tokens).optional(),
});

/** A client as the data plane knows it: an id that is a block stands for itself. */
export function entryOf({
  id,
  addresses: given,
  capacity,
  ratePerSec,
}: z.output<typeof newClient>): ClientEntry {
  return { id, addresses: isBlock(id) ? [id] : given, capacity, ratePerSec };
}
