import { isIP } from "node:net";
import { leadsTo, oneSpelling, reached } from "../config/reach.ts";
import { shown } from "../config/shown.ts";
import type { Sample } from "../contract/sample.ts";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import { Cidr } from "../core/cidr.ts";
import { parseIp } from "../core/ip.ts";
import type { Desk } from "./api.ts";
import { Problem } from "./problem.ts";

const EVERYWHERE: readonly string[] = ["0.0.0.0/0", "::/0"];

/** Throws where a backend of the API would be outside of admin.backends; a name may lead anywhere, so it needs all of it. */
export function checkWithin(address: Endpoint, blocks: readonly string[]): void {
  if (address.kind === "tcp" && isWithin(address.host, blocks)) return;
  const expected = `expected an address within admin.backends (${blocks.join(", ")})`;
  throw new Problem("invalid", `body.address: ${expected}, got ${shown(formatEndpoint(address))}`);
}

function isWithin(host: string, blocks: readonly string[]): boolean {
  if (isIP(host) === 0) return EVERYWHERE.every((block) => blocks.includes(block));
  const ip = parseIp(host);
  return ip !== undefined && blocks.some((block) => Cidr.parse(block).contains(ip));
}

/** Throws where a backend would be one of our own listeners, or this API. */
export function checkForeign(address: Endpoint, { controls, endpoint }: Desk, { listeners }: Sample): void {
  const own = [endpoint(), ...listeners.map((listener) => listener.endpoint)].map(spelled);
  for (const place of reached(address, controls.addressesOf)) {
    const found = own.find((listener) => leadsTo(place, listener));
    if (found === undefined) continue;
    const got = `${shown(formatEndpoint(address))}, where ${formatEndpoint(found)} listens`;
    throw new Problem(
      "invalid",
      `body.address: expected a backend that is none of our own listeners, got ${got}`,
    );
  }
}

function spelled(endpoint: Endpoint): Endpoint {
  return endpoint.kind === "tcp" ? { ...endpoint, host: oneSpelling(endpoint.host) } : endpoint;
}
