import { expect, test } from "vitest";
import { ServedClients } from "#lb/standing/served-clients";
import { ManualClock } from "../support/manual-clock.ts";

const of = (address: string) => ({ address });

test("knows a client for a minute after its last answer", () => {
  const { clock, served } = made();
  expect(served.includes(of("a"))).toBe(false);
  served.note(of("a"));
  clock.advance(50_000);
  served.note(of("a"));
  clock.advance(60_000);
  expect([served.includes(of("a")), served.includes(of("b"))]).toEqual([true, false]);
  clock.advance(1);
  expect(served.includes(of("a"))).toBe(false);
});

test("takes clients that left before their address was asked for to be no client", () => {
  const { served } = made();
  served.note(of("unknown"));
  expect(served.includes(of("unknown"))).toBe(false);
});

test("asks no more than fifty clients a second for their address, however many are answered", () => {
  const { clock, served } = made();
  let asked = 0;
  const client = (name: string) => ({
    get address() {
      asked += 1;
      return name;
    },
  });
  for (let i = 0; i < 1_000; i++) served.note(client(`a${i}`));
  expect(asked).toBe(50);
  clock.advance(1_000);
  served.note(client("z"));
  expect([asked, served.includes(of("z")), served.includes(of("a0"))]).toEqual([51, true, true]);
});

test("remembers no more clients than a minute has room for", () => {
  const { clock, served } = made();
  for (let second = 0; second < 100; second++) {
    for (let i = 0; i < 50; i++) served.note(of(`${second} ${i}`));
    clock.advance(1_000);
  }
  expect(served.size).toBe(3_000);
});

function made() {
  const clock = new ManualClock();
  return { clock, served: new ServedClients(clock) };
}
