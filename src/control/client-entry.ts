import { isBlock } from "../config/block.ts";
import type { Config } from "../config/config.ts";
import type { ClientEntry } from "../contract/clients.ts";

/** A client of the file as the data plane knows it: an id that is a block stands for itself. */
export function clientEntry({ id, addresses, ...bucket }: Config["clients"]["list"][number]): ClientEntry {
  return { id, addresses: isBlock(id) ? [id] : addresses, ...bucket };
}
