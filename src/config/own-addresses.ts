import { networkInterfaces } from "node:os";

/** The addresses of this machine's interfaces; none where the system does not tell, as in a sandbox without AF_NETLINK. */
export function ownAddresses(ask: typeof networkInterfaces = networkInterfaces): readonly string[] {
  try {
    return Object.values(ask()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
  } catch {
    return [];
  }
}
