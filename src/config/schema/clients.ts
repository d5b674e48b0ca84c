import { z } from "zod";
import { isBlock } from "../block.ts";
import { field, isMapping, partOrOff } from "../value.ts";
import { block, clientId, positive, wholeNumber } from "../values.ts";

const MOST = 1_000_000;

/** What may be said of a bucket while it runs. */
export const bucketValues = { capacity: wholeNumber(1, MOST), ratePerSec: positive(MOST) };

const bucket = {
  capacity: field(bucketValues.capacity).describe("Sessions that may come at once."),
  ratePerSec: field(bucketValues.ratePerSec).describe("Tokens that come back each second."),
};

/** What a client is made of, key by key. */
export const clientFields = z.strictObject({
  id: field(clientId).describe("Which client: an address or block stands for itself."),
  addresses: z
    .array(field(block))
    .max(1_000)
    .prefault([])
    .describe(
      "The addresses that a name stands for. A name without addresses is kept and listed, and limits no session.",
    ),
  ...bucket,
});

/** One client's entry. */
export const client = clientFields.refine(
  ({ id, addresses }) => !(typeof id === "string" && isBlock(id)) || !isFilled(addresses),
  {
    path: ["addresses"],
    error: "addresses only beside a name; an address or block stands for itself",
    when: isMapping,
  },
);

export const clients = z.strictObject({
  default: partOrOff(z.strictObject(bucket))
    .prefault("off")
    .describe("The bucket of every address that no entry matches."),
  list: z
    .array(client)
    .max(100_000)
    .prefault([])
    .describe("Clients with a bucket of their own; of several that match, the longest block applies."),
});

function isFilled(addresses: unknown): boolean {
  return Array.isArray(addresses) && addresses.length > 0;
}
