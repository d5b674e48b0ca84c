import type { NameService } from "#lb/control/names";

/** A name service of a test: these addresses, which hold for so long; undefined where no DNS server tells. */
export function nameServiceOf(
  addressesOf: (name: string) => Promise<readonly string[]>,
  ttlSec: number | undefined = 10,
): NameService {
  return async (name) => ({ addresses: await addressesOf(name), ttlSec });
}
