import { isIP } from "node:net";

/** The addresses that the text of a hosts file has for a name, in its order (hosts(5)); a name is given in ASCII. */
export function addressesIn(hosts: string, name: string): string[] {
  const wanted = plain(name);
  return hosts.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((each) => plain(each) === wanted) ? [address] : [];
  });
}

/** A name as names are compared: in small letters, and without the dot of the root. */
export function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}
