import { expect, test } from "vitest";
import { lab } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { backend, echo } from "../support/peer.ts";

/** A clock that fails once, when it is told to. */
class BrokenClock extends ManualClock {
  broken = false;

  override now(): number {
    if (!this.broken) return super.now();
    this.broken = false;
    throw new Error("no time");
  }
}

test("a throw while bytes pass ends that session as a bug, and no other", async () => {
  const clock = new BrokenClock();
  await using server = await backend(echo);
  await using balancer = await lab({ backends: [server.endpoint], refuse: "line", clock });
  balancer.bugs = 1;
  const other = await balancer.client();
  other.send("one");
  await other.bytes(3);
  const unlucky = await balancer.client();
  await balancer.when("both", ({ pools }) => pools[0]?.backends[0]?.connected === 2);
  clock.broken = true;
  unlucky.send("x");
  expect(await unlucky.outcome()).toBe("reset");
  expect(unlucky.length).toBe(0);
  expect(await balancer.ended()).toMatchObject([{ ending: "bug", bytesIn: 1 }]);
  expect(balancer.reports).toMatchObject([{ kind: "bug", error: expect.stringContaining("no time") }]);
  await balancer.leased(1);
  other.send("two");
  expect((await other.bytes(6)).toString()).toBe("onetwo");
});
