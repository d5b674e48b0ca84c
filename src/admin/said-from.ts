import { z } from "zod";
import { type Sourced, sources } from "../control/words.ts";

/** Who said a value, and since when it holds. */
export const from = z.object({ source: z.enum(sources), since: z.string() });

/** The same of one value. */
export function fromOf({ source, sinceMs }: Sourced<unknown>): z.output<typeof from> {
  return { source, since: new Date(sinceMs).toISOString() };
}
