import { expect, test } from "vitest";
import { Punctuality } from "../../stress/punctuality.ts";

test("takes for late only what had a free client", () => {
  const punctuality = new Punctuality("open");
  punctuality.freeSince(5_000);
  // Due at 0, and no client before 5 000.
  for (let i = 0; i < 1_000; i++) punctuality.started(5_300, 0);
  expect(punctuality.lagP99Us).toBe(300);
});

test("tells a request dropped for want of a client from one that came too late by itself", () => {
  const punctuality = new Punctuality("open");
  punctuality.drop(1_000, 990);
  punctuality.freeSince(2_000);
  punctuality.drop(2_500, 1_500);
  punctuality.drop(2_500, 2_100);
  expect([punctuality.dropped, punctuality.crowdedOut]).toEqual([3, 1]);
});

test("knows no lateness in the closed model, where nothing is due at a moment", () => {
  const punctuality = new Punctuality("closed");
  for (let i = 0; i < 1_000; i++) punctuality.started(1_000, 0);
  expect(punctuality.lagP99Us).toBeNull();
});
