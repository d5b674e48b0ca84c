import { type Ending, endings } from "../../core/ending.ts";
import { Problem } from "../problem.ts";

/** Refusals that say "later" to this one client; all others are the balancer's own state. */
const OF_CLIENTS: readonly string[] = ["client-limit", "rate-limited"] satisfies Ending[];

/** What the balancer said instead of serving a task, with its own word. */
export function refusal(word: string, retryAfter?: string): Problem {
  const known = Object.hasOwn(endings, word);
  const message = known ? endings[word as Ending] : "the task was refused";
  const more = {
    ...(known && { word }),
    ...(retryAfter !== undefined && { headers: { "retry-after": retryAfter } }),
  };
  return new Problem(OF_CLIENTS.includes(word) ? "refused" : "unavailable", message, more);
}
