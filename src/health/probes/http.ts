import { type Endpoint, formatEndpoint } from "../../core/address.ts";
import { quoted } from "../answer.ts";
import type { Probe } from "./probe.ts";

const LINE_END = Buffer.from("\r\n");

/** A GET of `path`; the status must lie between the two, both included. */
export interface HttpSettings {
  readonly kind: "http";
  readonly path: string;
  /** The Host field, with a port where it needs one; default: the backend's address. */
  readonly host?: string;
  readonly status: readonly [min: number, max: number];
}

export const http: Probe<HttpSettings> = ({ path, status, host }, asked) => {
  const head = `GET ${path} HTTP/1.1\r\nHost: ${host ?? hostOf(asked)}\r\nConnection: close\r\n\r\n`;
  const [min, max] = status;
  return async (talk) => {
    await talk.say(Buffer.from(head));
    const answer = await talk.until(LINE_END);
    const code = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer.toString("latin1"))?.[1]);
    if (code >= min && code <= max) return undefined;
    return `expected a status from ${min} to ${max}, got ${Number.isNaN(code) ? quoted(answer) : code}`;
  };
};

/** The Host field for an address (RFC 9112 §3.2): ASCII, and without the port that HTTP has anyway. */
function hostOf(asked: Endpoint): string {
  if (asked.kind === "unix") return "localhost";
  // A zone is this machine's own word, and none of a URL's.
  const host = asked.host.replace(/%.*$/, "");
  return new URL(`http://${formatEndpoint({ ...asked, host })}`).host;
}
