import { z } from "zod";
import type { ClientTokens } from "../contract/clients.ts";
import type { Overlay } from "../control/overlay.ts";
import { from, fromOf } from "./said-from.ts";

/** A client with what its bucket has left. */
export const clientDocument = z
  .object({
    id: z.string(),
    addresses: z.array(z.string()).describe("An address or block stands for itself."),
    capacity: z.number(),
    ratePerSec: z.number(),
    tokens: z.number().nullable().describe("What its bucket has left; null where it limits no session."),
    from: z.object({ addresses: from, capacity: from, ratePerSec: from }),
    stored: z.literal(false).optional().describe("There where the store does not have the change yet."),
  })
  .meta({ id: "Client" });

type ClientDocument = z.output<typeof clientDocument>;
type SaidOfClient = Omit<ClientDocument, "tokens" | "stored">;

/** What was configured or said of a client; undefined where there is no such client. */
export function saidOfClient(overlay: Overlay, id: string): SaidOfClient | undefined {
  const values = overlay.clientValues(id);
  if (values === undefined) return undefined;
  const { addresses, capacity, ratePerSec } = values;
  return {
    id,
    addresses: [...addresses.value],
    capacity: capacity.value,
    ratePerSec: ratePerSec.value,
    from: { addresses: fromOf(addresses), capacity: fromOf(capacity), ratePerSec: fromOf(ratePerSec) },
  };
}

/** A client with its tokens, to three places. */
export function withTokens(said: SaidOfClient, left: readonly ClientTokens[]): ClientDocument {
  return { ...said, tokens: tokensIn(left, said.id) };
}

export function tokensIn(left: readonly ClientTokens[], id: string): number | null {
  const tokens = left.find((each) => each.id === id)?.tokens;
  return tokens === undefined ? null : Math.round(tokens * 1_000) / 1_000;
}
