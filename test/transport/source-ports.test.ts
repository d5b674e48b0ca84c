import { expect, test } from "vitest";
import { ephemeralRange } from "#lb/transport/ephemeral-ports";
import { SourcePorts } from "#lb/transport/sockets/source-ports";
import { ManualClock } from "../support/manual-clock.ts";

const [FROM, TO] = ephemeralRange();

test("gives each destination the ports of the range in turn", () => {
  const ports = new SourcePorts(new ManualClock());
  const first = (destination: string) => ports.portsFor("127.0.0.2", destination).next().value as number;
  const begun = first("127.0.0.1:80");
  const next = begun === TO ? FROM : begun + 1;
  expect(first("127.0.0.1:80")).toBe(next);
  expect(first("127.0.0.1:81")).toBe(begun);
  expect(begun).toBeGreaterThanOrEqual(FROM);
  expect(begun).toBeLessThanOrEqual(TO);
});

test("begins again at the front of the range behind its end", () => {
  const ports = new SourcePorts(new ManualClock());
  const seen = new Set<number>();
  const size = TO - FROM + 1;
  for (let nth = 0; nth < size; nth++)
    seen.add(ports.portsFor("127.0.0.2", "127.0.0.1:80").next().value as number);
  expect(seen.size).toBe(size);
});

test("gives a dial a bounded number of ports, and for a second after it has used them up only a few", () => {
  const clock = new ManualClock();
  const ports = new SourcePorts(clock);
  const tries = () => [...ports.portsFor("127.0.0.2", "127.0.0.1:80")].length;
  const most = tries();
  expect(most).toBeLessThanOrEqual(256);
  expect(tries()).toBe(8);
  clock.advance(1_000);
  expect(tries()).toBe(most);
});
