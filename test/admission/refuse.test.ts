import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { refusal } from "#lb/admission/refuse";
import { type Ending, endings } from "#lb/core/ending";

const words = Object.keys(endings) as Ending[];

/** What an HTTP client makes of an answer that a raw server sends without reading the request. */
async function asHttp(answer: Uint8Array): Promise<{ response: IncomingMessage; body: string }> {
  const server = createServer((socket) =>
    socket
      .on("error", () => {})
      .resume()
      .end(answer),
  ).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const request = get({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return { response, body: await text(response) };
  } finally {
    server.close();
  }
}

describe("a client that is refused", () => {
  test.each(["close", "reset"] as const)("by %s is sent nothing", (how) => {
    for (const word of words) expect(refusal(how, word)).toBeUndefined();
  });

  test("by line is sent the word", () => {
    for (const word of words)
      expect(Buffer.from(refusal("line", word) ?? []).toString()).toBe(`ERR ${word}\n`);
  });

  test.each(words)("by http is sent a whole answer: %s", async (word) => {
    const statuses: { [each in Ending]?: number } = { denied: 403, "client-limit": 429, "rate-limited": 429 };
    const { response, body } = await asHttp(refusal("http", word) as Uint8Array);
    expect(response.statusCode).toBe(statuses[word] ?? 503);
    expect(response.complete).toBe(true);
    expect(response.headers).toEqual({
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      // Who is denied now will be in a second, too.
      "retry-after": word === "denied" ? "3600" : "1",
      connection: "close",
    });
    expect(JSON.parse(body)).toEqual({ error: { code: word, message: endings[word] } });
  });

  test.each([
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [Infinity, 86_400],
  ])("by http is told to come back, %d ms from now, in %d seconds", async (retryMs, seconds) => {
    const { response } = await asHttp(refusal("http", "rate-limited", retryMs) as Uint8Array);
    expect(response.headers["retry-after"]).toBe(String(seconds));
  });

  test("by http is sent what docs/limits.md shows", () => {
    const page = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8").replaceAll(
      "\n    ",
      "\n",
    );
    const answer = Buffer.from(refusal("http", "rate-limited") as Uint8Array).toString();
    expect(page).toContain(answer.replaceAll("\r\n", "\n"));
  });
});
