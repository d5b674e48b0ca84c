import { expect, test } from "vitest";
import { Farewells } from "#lb/admission/farewells";
import { Deferred } from "#lb/core/deferred";
import type { Connection } from "#lb/transport/transport";

test("breaks off who has been on the way out longest, where there are more than may be", async () => {
  const farewells = new Farewells(() => 2);
  const [a, b, c, d] = [leaver(), leaver(), leaver(), leaver()];
  const gone = [a, b, c].map((each) => farewells.waitFor(each.connection));
  expect([a.broken, b.broken, c.broken]).toEqual([true, false, false]);
  b.closed.resolve();
  await gone[1];
  const last = farewells.waitFor(d.connection);
  expect([c.broken, d.broken]).toEqual([false, false]);
  for (const each of [c, d]) each.closed.resolve();
  await Promise.all([...gone, last]);
});

/** A client that closes when it is told to, or is broken off. */
function leaver() {
  const closed = new Deferred<void>();
  const made = { broken: false, closed, connection: undefined as unknown as Connection };
  const reset = () => {
    made.broken = true;
    closed.resolve();
  };
  made.connection = { closed: closed.promise, reset } as Connection;
  return made;
}
