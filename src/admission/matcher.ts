import type { Matcher } from "../contract/admission.ts";
import { Cidr } from "../core/cidr.ts";
import type { Ip } from "../core/ip.ts";

/** Whether a client is meant; undefined is a client without an IP address, on a unix socket. */
export type Match = (client: Ip | undefined) => boolean;

const WORD = /^[^.:/]*$/;

/** Reads `all`, `unix`, a CIDR block or an address; throws a RangeError that says what was expected. */
export function parseMatcher(text: Matcher): Match {
  if (text === "all") return () => true;
  if (text === "unix") return (client) => client === undefined;
  if (WORD.test(text))
    throw new RangeError(`expected an IP address, a CIDR block, unix or all, got "${text}"`);
  const block = Cidr.parse(text);
  return (client) => client !== undefined && block.contains(client);
}
