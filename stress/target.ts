import { connect, isIP } from "node:net";
import { explain, Failure } from "#lb/command/failure";
import type { Endpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { Deferred } from "#lb/core/deferred";
import { lookUp } from "#lb/core/look-up";

const LOOKUP_WITHIN_MS = 5_000;
const ANSWER_WITHIN_MS = 1_000;
const MOST_TRIED = 8;

/**
 * The endpoint with its name looked up, once, so that no request waits for a name server; throws a Failure. Of several
 * addresses it is the first, of the first eight, that takes a connection, which is closed again.
 */
export async function resolveTarget(endpoint: Endpoint): Promise<Endpoint> {
  if (endpoint.kind === "unix" || isIP(endpoint.host)) return endpoint;
  const { host, port } = endpoint;
  const addresses = await addressesOf(host);
  if (addresses.length > 1)
    for (const each of addresses.slice(0, MOST_TRIED))
      if (await answers(each, port)) return { ...endpoint, host: each };
  return { ...endpoint, host: addresses[0] as string };
}

async function addressesOf(host: string): Promise<readonly string[]> {
  const late = new Deferred<never>();
  const failure = new Failure(`${host} could not be looked up in time`);
  using _deadline = systemClock.after(LOOKUP_WITHIN_MS, () => late.reject(failure));
  try {
    return (await Promise.race([lookUp(host), late.promise])).addresses;
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(explain(error, host));
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ANSWER_WITHIN_MS });
    const over = (connected: boolean) => {
      socket.destroy();
      resolve(connected);
    };
    socket
      .once("connect", () => over(true))
      .once("timeout", () => over(false))
      .on("error", () => over(false));
  });
}
