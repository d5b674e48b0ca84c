import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { explain, Failure } from "#lb/command/failure";
import type { Endpoint } from "#lb/core/address";

const LOOKUP_WITHIN_MS = 5_000;

/** The endpoint with its name looked up, once, so that no request waits for a name server; throws a Failure. */
export async function resolveTarget(endpoint: Endpoint): Promise<Endpoint> {
  if (endpoint.kind === "unix" || isIP(endpoint.host)) return endpoint;
  const { host } = endpoint;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Failure(`${host} could not be looked up in time`)), LOOKUP_WITHIN_MS);
  });
  try {
    const { address } = await Promise.race([lookUp(host), late]);
    return { ...endpoint, host: address };
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(explain(error, host));
  } finally {
    clearTimeout(timer);
  }
}

/** IPv4 where there is one, as the balancer takes a name that it is to listen on. */
function lookUp(host: string): Promise<{ readonly address: string }> {
  return lookup(host, { family: 4 }).catch(() => lookup(host));
}
