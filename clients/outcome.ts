import type { Answer, Caller } from "./caller.ts";
import { ClientError } from "./client-error.ts";

/** How one request went; `ms` from its beginning, connecting included where it had a connection of its own. */
export type Outcome = { readonly ms: number } & (
  | { readonly answer: Answer }
  | { readonly error: ClientError }
);

/** Shares `requests` out among the callers, each of which goes on as soon as it can, and reports each as it ends. */
export async function callAll(
  callers: readonly Caller[],
  { requests, intervalMs }: { readonly requests: number; readonly intervalMs: number },
  report: (outcome: Outcome) => void,
): Promise<void> {
  let next = 0;
  const goOn = async (caller: Caller) => {
    while (next < requests) {
      report(await outcomeOf(caller, next++));
      if (intervalMs > 0 && next < requests) await new Promise((done) => setTimeout(done, intervalMs));
    }
  };
  await Promise.all(callers.map(goOn));
}

async function outcomeOf(caller: Caller, index: number): Promise<Outcome> {
  const began = performance.now();
  try {
    const answer = await caller.call(index);
    return { ms: performance.now() - began, answer };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return { ms: performance.now() - began, error };
  }
}
