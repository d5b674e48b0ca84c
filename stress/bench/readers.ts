import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

// Reads the events of the balancer whose API listens on the socket, as so many live pages do, until it is ended.
const READERS = 32;
const OPENS_WITHIN_MS = 5_000;
const [socketPath = ""] = process.argv.slice(2);

const untilMs = performance.now() + OPENS_WITHIN_MS;
await Promise.all(Array.from({ length: READERS }, read));
console.error("/api/v1/events: a reader was let go");
process.exit(1);

/** Resolves when the balancer lets the reader go. */
async function read(): Promise<void> {
  const response = await opened();
  response.resume();
  await new Promise((resolve) => response.once("close", resolve));
}

async function opened(): Promise<IncomingMessage> {
  for (;;) {
    const response = await answer().catch((error: Error) => error.message);
    if (typeof response !== "string" && response.statusCode === 200) return response;
    const problem = typeof response === "string" ? response : `${response.statusCode}`;
    if (performance.now() > untilMs) throw new Error(`/api/v1/events: ${problem}`);
    await sleep(50);
  }
}

function answer(): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { host: "localhost", accept: "text/event-stream" };
    get({ socketPath, path: "/api/v1/events", headers }, resolve).on("error", reject);
  });
}
