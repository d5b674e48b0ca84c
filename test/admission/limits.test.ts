import { describe, expect, test } from "vitest";
import { ClientLimit } from "#lb/admission/client-limit";
import { admit } from "#lb/admission/gate";
import { SessionLimit } from "#lb/admission/session-limit";
import { refusedWith, sessionFrom } from "./sessions.ts";

describe("the limit of a listener", () => {
  test("refuses one more than it has places, and gives a place on once its session is over", () => {
    const gate = new SessionLimit().gate(2);
    const first = gate(sessionFrom("192.0.2.1"));
    gate(sessionFrom("192.0.2.2"));
    expect(refusedWith(gate, "192.0.2.3")).toBe("listener-full");
    first?.[Symbol.dispose]();
    expect(refusedWith(gate, "192.0.2.3")).toBeUndefined();
    expect(refusedWith(gate, "192.0.2.4")).toBe("listener-full");
  });

  test("goes on counting through a change of its maximum", () => {
    const limit = new SessionLimit();
    const unlimited = limit.gate(Infinity);
    const held = ["192.0.2.1", "192.0.2.2"].map((address) => unlimited(sessionFrom(address)));
    expect(refusedWith(limit.gate(2), "192.0.2.3")).toBe("listener-full");
    for (const place of held) place?.[Symbol.dispose]();
    expect(limit.sessions).toBe(0);
  });
});

describe("the limit of a client", () => {
  test("counts each client for itself", () => {
    const gate = new ClientLimit().gate(1);
    const place = gate(sessionFrom("192.0.2.1"));
    expect(refusedWith(gate, "192.0.2.1")).toBe("client-limit");
    expect(refusedWith(gate, "192.0.2.2")).toBeUndefined();
    place?.[Symbol.dispose]();
    expect(refusedWith(gate, "192.0.2.1")).toBeUndefined();
  });

  test("takes an IPv4 address through an IPv6 socket, an IPv6 /64, and all unix peers, for one client each", () => {
    const gate = new ClientLimit().gate(1);
    for (const address of ["192.0.2.1", "2001:db8:1:2::1", "unix"]) gate(sessionFrom(address));
    for (const address of ["::ffff:192.0.2.1", "2001:db8:1:2:ffff::", "unix"]) {
      expect(refusedWith(gate, address)).toBe("client-limit");
    }
    expect(refusedWith(gate, "2001:db8:1:3::1")).toBeUndefined();
  });

  test("remembers the clients that have a session, and no others", () => {
    const limit = new ClientLimit();
    const gate = limit.gate(2);
    const held = Array.from({ length: 1_000 }, (_, n) => gate(sessionFrom(`10.0.${n >> 8}.${n & 255}`)));
    held.push(gate(sessionFrom("10.0.0.0")));
    expect(limit.clients).toBe(1_000);
    for (const place of held) place?.[Symbol.dispose]();
    expect(limit.clients).toBe(0);
  });
});

describe("gates one after another", () => {
  test("give back what the first of them held when a later one refuses", () => {
    const limit = new SessionLimit();
    const perClient = new ClientLimit();
    const gates = [limit.gate(10), perClient.gate(1)];
    const pass = admit(sessionFrom("192.0.2.1"), gates);
    expect(() => admit(sessionFrom("192.0.2.1"), gates)).toThrow();
    expect([limit.sessions, perClient.clients]).toEqual([1, 1]);
    pass?.[Symbol.dispose]();
    expect([limit.sessions, perClient.clients]).toEqual([0, 0]);
  });
});
