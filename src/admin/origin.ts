import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { shown } from "../config/shown.ts";
import { Problem } from "./problem.ts";

const HOST = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i;
/** Ways to read that change nothing. */
const READING: readonly string[] = ["GET", "HEAD", "OPTIONS"];
/** What a browser says of a request that its user, or our own page, made. */
const OWN_SITE: readonly unknown[] = [undefined, "same-origin", "none"];

/** Whether a request of this method could change something. */
export function isMutation({ method }: Pick<FastifyRequest, "method">): boolean {
  return !READING.includes(method);
}

/**
 * Turns away a request for a name that is not ours: a page of another site may have its own name lead to this address (DNS
 * rebinding), and its browser would send all that it may send to us.
 */
export function checkHost(request: FastifyRequest, names: readonly string[]): void {
  if ((request.raw.headersDistinct.host ?? []).length > 1)
    throw new Problem("invalid", "expected one Host, got several");
  const host = hostOf(request);
  const [, ipv6, name = ""] = HOST.exec(host) ?? [];
  const isAddress = ipv6 !== undefined ? isIP(ipv6) === 6 : isIP(name) === 4;
  const known = ["localhost", ...names].map((each) => each.toLowerCase());
  if (isAddress || known.includes(name.toLowerCase()) || known.includes(host.toLowerCase())) return;
  const expected = "expected a Host that is an IP address, localhost, or one of admin.hosts";
  throw new Problem("misdirected", `${expected}, got ${shown(host)}`);
}

/** Turns away what a page of another site has a browser send (Fetch Metadata, RFC 6454 §7). */
export function checkOrigin(request: FastifyRequest): void {
  const { origin, "sec-fetch-site": site } = request.headers;
  const host = hostOf(request);
  if (origin !== undefined && !isOwn(origin, host))
    throw new Problem("forbidden", `expected no Origin, or that of this API, got ${shown(origin)}`);
  if (!OWN_SITE.includes(site))
    throw new Problem("forbidden", `expected Sec-Fetch-Site same-origin or none, got ${shown(site)}`);
}

/** Whom a request is for: what its target says where that is a whole URL, else its Host (RFC 9112 §3.2.2). */
function hostOf({ headers, url }: FastifyRequest): string {
  const [, authority] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(url) ?? [];
  return authority ?? headers.host ?? "";
}

function isOwn(origin: string, host: string): boolean {
  const [, scheme] = /^(https?):\/\//i.exec(origin) ?? [];
  const ours = `${scheme}://${host}`;
  if (scheme === undefined || !URL.canParse(origin) || !URL.canParse(ours)) return false;
  return new URL(origin).host === new URL(ours).host;
}
