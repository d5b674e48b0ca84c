import { expect, test } from "vitest";
import { parseEndpoint } from "#lb/core/address";
import { backend, dialPeer, echo } from "../support/peer.ts";
import { type Administered, adminFile, administered } from "./administered.ts";

const DECISIONS = "/api/v1/decisions";

test("decisions are recorded once they were asked for, and say why in words; of a session before that it is said how to record", async () => {
  await using servers = await pair();
  await using api = await administered(servers.text);
  await oneSession(api);
  const first = (await api.get(DECISIONS)).json;
  expect(first).toEqual({ decisions: [], recording: "off", leftOut: 0 });
  await oneSession(api);
  await oneSession(api);
  const { decisions, recording } = (await api.get(DECISIONS)).json;
  expect([recording, decisions.length]).toEqual(["asked", 2]);
  expect(decisions[0]).toMatchObject({ session: "3", explanation: expect.stringMatching(/^[ab]: ./) });
  expect((await api.get(`${DECISIONS}?limit=1`)).json.decisions).toEqual([decisions[0]]);
  expect((await api.get(`${DECISIONS}?session=2`)).json.decisions).toEqual([decisions[1]]);
  const before = await api.get(`${DECISIONS}?session=1`);
  expect([before.status, before.json.error.message]).toEqual([
    404,
    expect.stringContaining("decisions: always"),
  ]);
});

test("decisions are recorded from the start where the file says so", async () => {
  await using servers = await pair();
  await using api = await administered(
    servers.text.replace('"127.0.0.1:0" }\n', '"127.0.0.1:0", decisions: always }\n'),
  );
  await oneSession(api);
  const { decisions, recording } = (await api.get(DECISIONS)).json;
  expect([recording, decisions.length]).toEqual(["always", 1]);
});

/** A file with two backends that echo. */
async function pair() {
  const [a, b] = await Promise.all([backend(echo), backend(echo)]);
  const portOf = ({ endpoint }: typeof a) => (endpoint as { port: number }).port;
  return {
    text: adminFile()
      .replace("9001", String(portOf(a)))
      .replace("9002", String(portOf(b))),
    [Symbol.asyncDispose]: async () => void (await Promise.all([a.stop(), b.stop()])),
  };
}

/** A session that was served and is over. */
async function oneSession(api: Administered): Promise<void> {
  const before = api.log.reported.length;
  const { listeners } = (await api.get("/api/v1/status")).json;
  const client = await dialPeer(parseEndpoint(listeners[0].address));
  client.send("x");
  await client.bytes(1);
  client.finish();
  await client.outcome();
  await expect.poll(() => api.log.reported.length, { timeout: 50_000 }).toBeGreaterThan(before);
}
