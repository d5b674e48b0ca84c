import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

// Asks for the metrics of the balancer whose API listens on the socket, each second, as Prometheus may.
const EVERY_MS = 1_000;
const OPENS_WITHIN_MS = 5_000;
const [socketPath = ""] = process.argv.slice(2);

const begunMs = performance.now();
for (;;) {
  const problem = await scrape();
  if (problem !== undefined && performance.now() > begunMs + OPENS_WITHIN_MS) {
    console.error(`/metrics: ${problem}`);
    process.exit(1);
  }
  await sleep(EVERY_MS);
}

/** What was wrong with the answer; undefined: nothing. */
function scrape(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path: "/metrics", headers: { host: "localhost" } }, (response) => {
      response
        .resume()
        .on("end", () => resolve(response.statusCode === 200 ? undefined : `${response.statusCode}`));
    });
    request.on("error", ({ message }) => resolve(message));
  });
}
