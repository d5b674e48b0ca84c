import type { Refusal } from "../contract/admission.ts";
import { type Ending, endings } from "../core/ending.ts";

const STATUS: { readonly [word in Ending]?: string } = {
  denied: "403 Forbidden",
  "client-limit": "429 Too Many Requests",
  "rate-limited": "429 Too Many Requests",
};
const UNAVAILABLE = "503 Service Unavailable";
const RETRY_MS = 1_000;
/** The access list is changed by hand: who comes back every second is only denied again. */
const DENIED_RETRY_MS = 3_600_000;
const LONGEST_RETRY_S = 86_400;

/**
 * What a client that cannot be served is sent before its connection is closed; undefined where that is nothing
 * (`close`, `reset`). `retryMs`: when it is worth coming back, told by `http` alone.
 */
export function refusal(
  how: Refusal,
  ending: Ending,
  retryMs = ending === "denied" ? DENIED_RETRY_MS : RETRY_MS,
): Uint8Array | undefined {
  if (how === "line") return Buffer.from(`ERR ${ending}\n`);
  return how === "http" ? httpAnswer(ending, retryMs) : undefined;
}

function httpAnswer(ending: Ending, retryMs: number): Uint8Array {
  const body = JSON.stringify({ error: { code: ending, message: endings[ending] } });
  const head = [
    `HTTP/1.1 ${STATUS[ending] ?? UNAVAILABLE}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Retry-After: ${Math.min(Math.ceil(retryMs / 1000), LONGEST_RETRY_S)}`,
    "Connection: close",
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}
