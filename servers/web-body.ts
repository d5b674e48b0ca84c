import type { IncomingMessage } from "node:http";

/** What is read and thrown away of a body that is too large, as multiples of what it may be. */
const PATIENCE = 16;

/**
 * The whole body as text; undefined where it is larger than `maxBytes`. A client that sends only a little too much is
 * heard out, for a close with input unread would destroy the reply. Never settles when the client leaves.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else if (size > maxBytes * PATIENCE) resolve(undefined);
    });
    request.on("end", () => resolve(size > maxBytes ? undefined : Buffer.concat(chunks).toString("utf8")));
  });
}
