import { describe, expect, test } from "vitest";
import { ClientBuckets } from "#lb/admission/client-buckets";
import { ClientLimit } from "#lb/admission/client-limit";
import { doorwayOf } from "#lb/admission/doorway";
import { admit, type Gate } from "#lb/admission/gate";
import { SessionLimit } from "#lb/admission/session-limit";
import type { ListenerSettings } from "#lb/contract/listener";
import type { Ended } from "#lb/core/ending";
import { atOnce } from "#lb/core/slices";
import { Session } from "#lb/live/session";
import { plainListener } from "../support/lab.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { sessionFrom } from "./sessions.ts";

const HERE = "192.0.2.1";
const DENYING = { access: [{ action: "deny", who: HERE }] } as const;

describe("the entrance", () => {
  test("asks for a place and nothing else where no gate asks who the client is", () => {
    const { doorway } = made({});
    expect([doorway.entrance.length, doorway.gates, doorway.trusted]).toEqual([1, [], undefined]);
    expect(refused(doorway.entrance, ofNobody())).toBeUndefined();
  });

  test.each<[string, Partial<ListenerSettings>]>([
    ["an access list", DENYING],
    ["a limit for each client", { connectionsPerClient: 5 }],
    ["a rate", { rateLimit: true }],
    ["a PROXY header", { acceptProxy: { from: ["10.0.0.0/8"], timeoutMs: 1_000 } }],
  ])("refuses a client that left before it could be asked who it is where there is %s", (_, settings) => {
    const { doorway, places, allPlaces } = made({ ...settings, maxConnections: 5 });
    expect(refused(doorway.entrance, ofNobody())).toBe("client-gone");
    expect(refused(doorway.entrance, sessionFrom(HERE))).toBeUndefined();
    expect(refused(doorway.entrance, sessionFrom("unix"))).toBeUndefined();
    expect([places.sessions, allPlaces.sessions]).toEqual([2, 2]);
  });

  test("counts the sessions of a listener without a limit, for one that is set while they live", () => {
    const parts = shared().of();
    const before = doorwayOf({ ...plainListener, maxConnections: Infinity }, parts);
    expect(refused(before.entrance, sessionFrom(HERE))).toBeUndefined();
    const after = doorwayOf({ ...plainListener, maxConnections: 1 }, parts);
    expect(refused(after.entrance, sessionFrom(HERE))).toBe("listener-full");
  });

  test("refuses by the listener's own limit, and by that of all listeners, and gives a place back of both", () => {
    const parts = shared();
    const small = doorwayOf({ ...plainListener, maxConnections: 1 }, parts.of());
    const large = doorwayOf(plainListener, parts.of());
    const first = admit(sessionFrom(HERE), small.entrance);
    expect(refused(small.entrance, sessionFrom(HERE))).toBe("listener-full");
    for (let n = 1; n < parts.maxSessions; n++)
      expect(refused(large.entrance, sessionFrom(HERE))).toBeUndefined();
    expect(refused(large.entrance, sessionFrom(HERE))).toBe("listener-full");
    first?.[Symbol.dispose]();
    expect(parts.allPlaces.sessions).toBe(parts.maxSessions - 1);
    expect(refused(small.entrance, sessionFrom(HERE))).toBeUndefined();
  });
});

describe("the gates", () => {
  test("are the access list, the limit of the client and its rate, in that order", () => {
    const all = { ...DENYING, connectionsPerClient: 1, rateLimit: true };
    expect(refused(made(all, 0).doorway.gates, sessionFrom(HERE))).toBe("denied");
    expect(refused(made({ ...all, access: [] }, 0).doorway.gates, sessionFrom(HERE))).toBe("rate-limited");
    const { doorway, perClient, clients } = made({ ...all, access: [] }, 1);
    admit(sessionFrom(HERE), doorway.gates);
    expect(atOnce(clients.sample())).toEqual([{ id: "u", tokens: 0 }]);
    expect(refused(doorway.gates, sessionFrom(HERE))).toBe("client-limit");
    expect(perClient.clients).toBe(1);
  });

  test("take no token of a client that is refused before its rate is asked for", () => {
    for (const settings of [{ ...DENYING }, { connectionsPerClient: 0 }]) {
      const { doorway, clients } = made({ ...settings, rateLimit: true }, 5);
      expect(refused(doorway.gates, sessionFrom(HERE))).toBeDefined();
      expect(atOnce(clients.sample())).toEqual([{ id: "u", tokens: 5 }]);
    }
  });

  test("give back what the client's limit counted where its rate refuses", () => {
    const { doorway, perClient } = made({ connectionsPerClient: 1, rateLimit: true }, 0);
    expect(refused(doorway.gates, sessionFrom(HERE))).toBe("rate-limited");
    expect(perClient.clients).toBe(0);
  });

  test("are those that are configured, and no others", () => {
    expect(made({ connectionsPerClient: 5 }).doorway.gates).toHaveLength(1);
    expect(made({ rateLimit: true, ...DENYING }).doorway.gates).toHaveLength(2);
  });
});

test("peers are trusted to name their client where that is configured", () => {
  const { doorway } = made({ acceptProxy: { from: ["10.0.0.0/8"], timeoutMs: 1_000 } });
  expect([doorway.trusted?.includes("10.1.1.1"), doorway.trusted?.includes(HERE)]).toEqual([true, false]);
  expect(doorway.trusted?.timeoutMs).toBe(1_000);
});

test("what is counted goes on through other settings", () => {
  const parts = shared().of();
  const before = doorwayOf({ ...plainListener, connectionsPerClient: 2, maxConnections: 2 }, parts);
  admit(sessionFrom(HERE), [...before.entrance, ...before.gates]);
  const after = doorwayOf({ ...plainListener, connectionsPerClient: 1, maxConnections: 1 }, parts);
  expect(refused(after.entrance, sessionFrom(HERE))).toBe("listener-full");
  expect(refused(after.gates, sessionFrom(HERE))).toBe("client-limit");
});

/** What several doorways count with; `of` gives what one listener counts with. */
function shared(capacity = 5) {
  const clients = new ClientBuckets(new ManualClock());
  const bucket = { capacity: 5, ratePerSec: 0 };
  clients.set({ id: "u", addresses: [HERE], ...bucket });
  clients.fill({ id: "u", tokens: capacity });
  const allPlaces = new SessionLimit();
  const all = { allPlaces, maxSessions: 10, clients };
  return {
    ...all,
    of: () => ({ ...all, places: new SessionLimit(allPlaces), perClient: new ClientLimit() }),
  };
}

/** The doorway of a listener, and what it counts with; a client at HERE has so many tokens. */
function made(settings: Partial<ListenerSettings>, tokens?: number) {
  const parts = shared(tokens).of();
  return { ...parts, doorway: doorwayOf({ ...plainListener, ...settings }, parts) };
}

/** The word with which gates refuse a session, which keeps what they hold for it otherwise. */
function refused(gates: readonly Gate[], session: Session) {
  try {
    admit(session, gates);
    return undefined;
  } catch (refusal) {
    return (refusal as Ended).ending;
  }
}

/** A session of a client that had left before it was asked its address. */
function ofNobody(): Session {
  return new Session(1, "main", 0, { kind: "tcp", remote: undefined, local: undefined, bytesRead: 0 });
}
