import { Resolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { domainToASCII } from "node:url";
import { addressesIn, isLocalhost, LOOPBACK } from "./hosts-file.ts";
import { questionsFor } from "./search-list.ts";

/** The addresses of a name, and how long they hold, in seconds; undefined where no DNS server tells. */
export interface NameAnswer {
  readonly addresses: readonly string[];
  readonly ttlSec: number | undefined;
}

/** Three attempts within 3.5 s, and the second of two servers is asked after half a second. */
const DNS = { timeout: 500, tries: 3 };
/** A text that is no name of the DNS, such as one of too many letters, is the name of nothing. */
const SAYS_NO = ["ENOTFOUND", "ENODATA", "EBADNAME"];

/**
 * All addresses of a name, IPv4 and IPv6: those of the hosts file, or else those of the DNS servers that resolv.conf names.
 * Both files are read each time. No thread waits for a server, so a look-up holds up no other and no exit. Rejects with
 * ENOTFOUND for a name that is not known, and with EAI_AGAIN where no server answered.
 */
export async function lookUp(name: string): Promise<NameAnswer> {
  const ascii = domainToASCII(name) || name;
  const known = addressesIn(await textOf("/etc/hosts"), ascii);
  if (known.length > 0) return { addresses: known, ttlSec: undefined };
  if (isLocalhost(ascii)) return { addresses: LOOPBACK, ttlSec: undefined };
  let code = "ENOTFOUND";
  for (const question of questionsFor(ascii, await textOf("/etc/resolv.conf"))) {
    const { answer, failure } = await ask(question);
    if (answer !== undefined) return answer;
    if (failure === "ETIMEOUT") throw unanswered(name, "EAI_AGAIN");
    if (failure !== undefined) code = "EAI_AGAIN";
  }
  throw unanswered(name, code);
}

/** What the servers say of both families; neither where there is no such name. */
async function ask(question: string): Promise<{ answer?: NameAnswer; failure?: string | undefined }> {
  const resolver = new Resolver(DNS);
  const ttl = { ttl: true } as const;
  const said = await Promise.allSettled([resolver.resolve4(question, ttl), resolver.resolve6(question, ttl)]);
  const records = said.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  if (records.length > 0) {
    const addresses = records.map(({ address }) => address);
    return { answer: { addresses, ttlSec: Math.min(...records.map((record) => record.ttl)) } };
  }
  const codes = said.flatMap((each) => (each.status === "rejected" ? [String(each.reason.code)] : []));
  const failures = codes.filter((code) => !SAYS_NO.includes(code));
  return { failure: failures.includes("ETIMEOUT") ? "ETIMEOUT" : failures[0] };
}

function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

function unanswered(name: string, code: string): Error {
  return Object.assign(new Error(`no address for the name "${name}"`), { code, hostname: name });
}
