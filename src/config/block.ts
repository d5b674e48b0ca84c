import { Cidr } from "../core/cidr.ts";

/** Whether the text is an IP address or a CIDR block. */
export function isBlock(text: string): boolean {
  return plainBlock(text) !== undefined;
}

/** The one spelling of an address or block, always with a length; undefined for anything else. */
export function plainBlock(text: string): string | undefined {
  try {
    return Cidr.parse(text).toString();
  } catch {
    return undefined;
  }
}
