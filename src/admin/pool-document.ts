import { z } from "zod";
import { algorithmNames } from "../contract/algorithm.ts";
import type { Overlay } from "../control/overlay.ts";
import type { Steps } from "../core/slices.ts";
import { from, fromOf } from "./said-from.ts";

/** A pool as it is wanted; what its backends do stands with them. */
export const poolDocument = z
  .object({
    name: z.string(),
    algorithm: z.enum(algorithmNames).describe("By which new sessions are given their backends."),
    from: z.object({ algorithm: from }).describe("Who said each value, and since when it holds."),
    stored: z.literal(false).optional().describe("There where the store does not have the change yet."),
  })
  .meta({ id: "Pool" });

/** What was configured or said of a pool. */
type SaidOfPool = Omit<z.output<typeof poolDocument>, "stored">;

/** What was configured or said of a pool; undefined where there is none of that name. */
export function saidOfPool(overlay: Overlay, name: string): SaidOfPool | undefined {
  const values = overlay.pool(name);
  if (values === undefined) return undefined;
  const { algorithm } = values;
  return { name, algorithm: algorithm.value, from: { algorithm: fromOf(algorithm) } };
}

/** The same of all pools, in the order of the file, as steps. */
export function* saidOfPools(overlay: Overlay): Steps<SaidOfPool[]> {
  const pools: SaidOfPool[] = [];
  for (const name of Object.keys(overlay.file.pools))
    yield pools.push(saidOfPool(overlay, name) as SaidOfPool);
  return pools;
}
