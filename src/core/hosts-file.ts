import { isIP } from "node:net";

/** The addresses that the text of a hosts file has for a name, in its order (hosts(5)); a name is given in ASCII. */
export function addressesIn(hosts: string, name: string): string[] {
  const wanted = plain(name);
  // To split a list of a hundred thousand names holds up the loop, and most names are not in it.
  if (!hosts.toLowerCase().includes(wanted)) return [];
  return hosts.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((each) => plain(each) === wanted) ? [address] : [];
  });
}

/** A name as names are compared: in small letters, and without the dot of the root. */
function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** What stands for `localhost` where the hosts file says nothing of it (RFC 6761 §6.3). */
export const LOOPBACK: readonly string[] = ["127.0.0.1", "::1"];

export function isLocalhost(name: string): boolean {
  return plain(name) === "localhost";
}
