import type { Endpoint } from "../../core/address.ts";
import type { DialOptions } from "../transport.ts";
import { type DiallingParts, NativeDialling } from "./dialling.ts";

/**
 * See Transport.knock. The kernel is asked to hold back the third segment of the handshake, and the reset is sent in its place,
 * so that the other side never has a whole connection; its program is given none.
 */
export async function knock(endpoint: Endpoint, options: DialOptions, parts: DiallingParts): Promise<void> {
  const isHidden = endpoint.kind === "tcp";
  const connection = await new NativeDialling(endpoint, { ...options, isHidden }, parts).connection;
  if (isHidden) connection.reset();
  else connection.end();
}
