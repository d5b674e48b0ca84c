import { isIP, type LookupFunction } from "node:net";
import { lookUp } from "#lb/core/look-up";

/** Node's `lookup` for a connection, which looks names up as the balancer does: of both families, one after the other is tried. */
export const addressLookup: LookupFunction = (host, { all, family }, callback) => {
  const fits = (address: string) => (family !== 4 && family !== 6 ? true : isIP(address) === family);
  lookUp(host).then(
    ({ addresses }) => {
      const found = addresses.filter(fits).map((address) => ({ address, family: isIP(address) }));
      if (all) callback(null, found);
      else callback(null, found[0]?.address ?? "", found[0]?.family);
    },
    (error: NodeJS.ErrnoException) => callback(error, ""),
  );
};
