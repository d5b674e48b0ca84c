import { expect, test } from "vitest";
import type { AdminClient } from "#lb/operate/admin-client";
import { Sampler } from "#lb/operate/top/sample";
import { ManualClock } from "../../support/manual-clock.ts";

/** An API whose metrics have counted so many dials, each of less than a millisecond. */
function counting(dials: () => number): AdminClient {
  const bucket = 'lb_pool_connect_duration_seconds_bucket{le="0.001",pool="ping"}';
  const answers: Readonly<Record<string, object>> = { "/health": { status: "ok", reasons: [] } };
  return {
    ask: async ({ path }: { readonly path: string }) => answers[path] ?? { listeners: [], pools: [] },
    text: async () => `${bucket} ${dials()}\n`,
  } as unknown as AdminClient;
}

test("how long connecting takes is not known before a second look, whatever there was since the start", async () => {
  const clock = new ManualClock();
  let dials = 1_000;
  const sampler = new Sampler(
    counting(() => dials),
    clock,
  );
  const connect = async () => (await sampler.sample()).connect.get("ping");
  expect(await connect()).toBeUndefined();
  await clock.run(1_000);
  expect(await connect()).toEqual({ p50Ms: undefined, p99Ms: undefined });
  dials += 10;
  await clock.run(1_000);
  expect(await connect()).toMatchObject({ p50Ms: 0.5 });
});
