import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BackendConfig, Config } from "#lb/config/config";
import type { ClientEntry } from "#lb/contract/clients";
import { type BackendValues, type ClientValues, Overlay } from "#lb/control/overlay";
import type { SourcedValues } from "#lb/control/words";
import { configured } from "../config/configured.ts";
import { plainBackend } from "../support/backends.ts";
import { addBackend, addClient, removeBackend, removeClient, sayOfBackend, sayOfClient } from "./spoken.ts";
import { everySubject, nameOf, type Step, stepsOf, WordsModel } from "./words-model.ts";

const ONE: BackendValues = { state: "ready", weight: 1, maxConnections: 10 };
const OTHER: BackendValues = { state: "drain", weight: 2, maxConnections: 20 };
const THIRD: BackendValues = { state: "maint", weight: 3, maxConnections: 30 };
const VALUES = ["state", "weight", "maxConnections"] as const;

const BUCKET: ClientValues = { addresses: ["10.0.0.0/8"], capacity: 10, ratePerSec: 1 };
const OTHER_BUCKET: ClientValues = { addresses: ["10.1.0.0/16"], capacity: 20, ratePerSec: 2 };
const THIRD_BUCKET: ClientValues = { addresses: ["10.2.0.0/16"], capacity: 30, ratePerSec: 3 };
const CLIENT_VALUES = ["addresses", "capacity", "ratePerSec"] as const;

describe("of a backend", () => {
  test.each(VALUES)("the newest word holds, per value: %s", (key) => {
    const { overlay } = over({ a: ONE });
    sayOfBackend(overlay, "p", "a", only(key, OTHER));
    expect(plain(overlay.backend("p", "a"))).toEqual({ ...ONE, ...only(key, OTHER) });
    sayOfBackend(overlay, "p", "a", only(key, THIRD));
    expect(plain(overlay.backend("p", "a"))).toEqual({ ...ONE, ...only(key, THIRD) });
    const { overlay: next } = overlay.adopted(fileOf({ a: OTHER }));
    expect(plain(next.backend("p", "a"))).toEqual(OTHER);
  });

  test.each(VALUES)("a word holds until the file's value differs from the one it replaced: %s", (key) => {
    const { overlay } = over({ a: ONE });
    sayOfBackend(overlay, "p", "a", only(key, THIRD));
    const others = fileOf({ a: { ...OTHER, ...only(key, ONE) } });
    const reloaded = overlay.adopted(others);
    expect(plain(reloaded.overlay.backend("p", "a"))).toEqual({ ...OTHER, ...only(key, THIRD) });
    expect(reloaded.news).toEqual([]);
    const changed = reloaded.overlay.adopted(fileOf({ a: OTHER }));
    expect(plain(changed.overlay.backend("p", "a"))).toEqual(OTHER);
    expect(changed.news).toEqual([{ kind: "word-over", subject: "p/a", key, value: THIRD[key] }]);
    const back = changed.overlay.adopted(fileOf({ a: ONE }));
    expect(plain(back.overlay.backend("p", "a"))).toEqual(ONE);
  });

  test("a word replaces the value that the file has by then, not the one it had at the start", () => {
    const { overlay } = over({ a: ONE });
    const second = overlay.adopted(fileOf({ a: OTHER })).overlay;
    sayOfBackend(second, "p", "a", { weight: 9 });
    const third = second.adopted(fileOf({ a: OTHER })).overlay;
    expect(plain(third.backend("p", "a"))).toMatchObject({ weight: 9 });
    expect(plain(third.adopted(fileOf({ a: ONE })).overlay.backend("p", "a"))).toMatchObject({ weight: 1 });
  });

  test("a word that says what the file says holds as any other", () => {
    const { overlay } = over({ a: ONE });
    sayOfBackend(overlay, "p", "a", { weight: ONE.weight });
    expect(overlay.backend("p", "a")?.weight.source).toBe("api");
    const changed = overlay.adopted(fileOf({ a: OTHER })).overlay;
    expect(changed.backend("p", "a")?.weight).toMatchObject({ value: OTHER.weight, source: "file" });
  });

  test("a word is over when its entry leaves the file, and does not come back with it", () => {
    const { overlay } = over({ a: ONE, b: ONE });
    sayOfBackend(overlay, "p", "a", { weight: 9 });
    const without = overlay.adopted(fileOf({ b: ONE }));
    expect(without.news).toEqual([{ kind: "word-over", subject: "p/a", key: "weight", value: 9 }]);
    const again = without.overlay.adopted(fileOf({ a: ONE, b: ONE })).overlay;
    expect(plain(again.backend("p", "a"))).toEqual(ONE);
  });

  test.each(VALUES)("null gives the value back to the file: %s", (key) => {
    const { overlay } = over({ a: ONE });
    sayOfBackend(overlay, "p", "a", THIRD);
    sayOfBackend(overlay, "p", "a", { [key]: null });
    expect(plain(overlay.backend("p", "a"))).toEqual({ ...THIRD, ...only(key, ONE) });
    expect(overlay.backend("p", "a")?.[key].source).toBe("file");
  });

  test("a value that is not named stays as it is", () => {
    const { overlay } = over({ a: ONE });
    sayOfBackend(overlay, "p", "a", THIRD);
    sayOfBackend(overlay, "p", "a", { weight: undefined, state: "ready" });
    expect(plain(overlay.backend("p", "a"))).toEqual({ ...THIRD, state: "ready" });
  });

  test("said of an entry's name it holds for all its addresses, now and later", () => {
    const { overlay } = over({ a: ONE });
    sayOfBackend(overlay, "p", "a", { weight: 9 });
    for (const host of ["192.0.2.1", "192.0.2.2", "2001:db8::1"])
      expect(plain(overlay.backend("p", "a", host))).toEqual({ ...ONE, weight: 9 });
  });

  test("said of name@address it holds for that one, and wins, whichever is newer", () => {
    const { overlay } = over({ a: ONE });
    sayOfBackend(overlay, "p", "a", { weight: 8 });
    sayOfBackend(overlay, "p", "a@192.0.2.1", { weight: 9 });
    sayOfBackend(overlay, "p", "a", { weight: 7, state: "drain" });
    expect(plain(overlay.backend("p", "a", "192.0.2.1"))).toEqual({ ...ONE, weight: 9, state: "drain" });
    expect(plain(overlay.backend("p", "a", "192.0.2.2"))).toEqual({ ...ONE, weight: 7, state: "drain" });
    sayOfBackend(overlay, "p", "a@192.0.2.1", { weight: null });
    expect(plain(overlay.backend("p", "a", "192.0.2.1"))).toMatchObject({ weight: 7 });
  });

  test("what is said of name@address is over as all else when the file's value differs", () => {
    const { overlay } = over({ a: ONE });
    sayOfBackend(overlay, "p", "a@192.0.2.1", { weight: 9 });
    const { overlay: next, news } = overlay.adopted(fileOf({ a: OTHER }));
    expect(plain(next.backend("p", "a", "192.0.2.1"))).toEqual(OTHER);
    expect(news).toEqual([{ kind: "word-over", subject: "p/a@192.0.2.1", key: "weight", value: 9 }]);
  });

  test("something is said of an address in the one spelling that members have, and of nothing else", () => {
    const { overlay } = over({ a: ONE, "192.0.2.": ONE });
    for (const host of ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"]) {
      expect(sayOfBackend(overlay, "p", `a@${host}`, { weight: 9 })).toBe(true);
      expect(plain(overlay.backend("p", "a", host))).toMatchObject({ weight: 9 });
    }
    const others = ["a@", "a@b", "a@192.0.2", "a@2001:DB8::1", "a@::ffff:192.0.2.1", "a@1.1.1.1@1.1.1.1"];
    for (const name of [...others, "@192.0.2.1", "192.0.2.1"])
      expect(sayOfBackend(overlay, "p", name, { weight: 9 })).toBe(false);
  });

  test("of an entry at an address it is said of that one alone", () => {
    const { overlay } = over({ a: ONE });
    const literal = { ...backend("z", ONE), address: { kind: "tcp", host: "192.0.2.1", port: 1 } as const };
    const unix = { ...backend("y", ONE), address: { kind: "unix", path: "/tmp/y.sock" } as const };
    addBackend(overlay, "p", literal);
    addBackend(overlay, "p", unix);
    expect(sayOfBackend(overlay, "p", "z@192.0.2.1", { weight: 9 })).toBe(true);
    expect(overlay.sayingOfBackend("p", "z@192.0.2.2", { weight: 9 })).toBe("unknown");
    expect(overlay.sayingOfBackend("p", "y@192.0.2.1", { weight: 9 })).toBe("unknown");
  });

  test("of a name it is said of 256 addresses at most; one that is taken back makes room", () => {
    const { overlay } = over({ a: ONE });
    const hosts = Array.from({ length: 256 }, (_, at) => `192.0.2.${at}`);
    for (const host of hosts) expect(sayOfBackend(overlay, "p", `a@${host}`, { weight: 9 })).toBe(true);
    expect(overlay.sayingOfBackend("p", "a@192.0.3.1", { weight: 9 })).toBe("full");
    expect(sayOfBackend(overlay, "p", "a@192.0.2.7", { weight: 8 })).toBe(true);
    expect(sayOfBackend(overlay, "p", "a", { weight: 7 })).toBe(true);
    expect(sayOfBackend(overlay, "p", "a@192.0.2.7", { weight: null })).toBe(true);
    expect(sayOfBackend(overlay, "p", "a@192.0.3.1", { weight: 9 })).toBe(true);
  });

  test("nothing is said of what there is not", () => {
    const { overlay } = over({ a: ONE, "b/c": ONE });
    for (const [pool, name] of [
      ["p", "b"],
      ["q", "a"],
      ["p/b", "c"],
      ["__proto__", "a"],
      ["", "p/a"],
    ] as const)
      expect(sayOfBackend(overlay, pool, name, { weight: 9 })).toBe(false);
    expect(sayOfBackend(overlay, "p", "b/c", { weight: 9 })).toBe(true);
  });
});

describe("a backend that the API added", () => {
  test("stands behind those of the file, with words of its own over what it was added with", () => {
    const { overlay } = over({ a: ONE });
    expect(addBackend(overlay, "p", backend("z", OTHER))).toBeUndefined();
    expect(overlay.entriesOf("p")?.map(({ name }) => name)).toEqual(["a", "z"]);
    expect(plain(overlay.backend("p", "z"))).toEqual(OTHER);
    expect(overlay.backend("p", "z")?.weight.source).toBe("api");
    sayOfBackend(overlay, "p", "z", { weight: 9 });
    expect(plain(overlay.backend("p", "z"))).toEqual({ ...OTHER, weight: 9 });
    sayOfBackend(overlay, "p", "z", { weight: null });
    expect(plain(overlay.backend("p", "z"))).toEqual(OTHER);
  });

  test("needs a pool, and a name that no other there has", () => {
    const { overlay } = over({ a: ONE });
    expect(addBackend(overlay, "q", backend("z", ONE))).toBe("unknown");
    expect(addBackend(overlay, "p", backend("a", ONE))).toBe("exists");
    addBackend(overlay, "p", backend("z", ONE));
    expect(addBackend(overlay, "p", backend("z", OTHER))).toBe("exists");
    expect(plain(overlay.backend("p", "z"))).toEqual(ONE);
  });

  test("yields to one of the file with its name, and all that was said of it with it", () => {
    const { overlay } = over({ a: ONE });
    addBackend(overlay, "p", backend("z", ONE));
    sayOfBackend(overlay, "p", "z", { weight: 9 });
    const { overlay: next, news } = overlay.adopted(fileOf({ a: ONE, z: ONE }));
    expect(next.entriesOf("p")?.map(({ name }) => name)).toEqual(["a", "z"]);
    expect(next.backend("p", "z")?.weight).toMatchObject({ value: 1, source: "file" });
    expect(news).toContainEqual({ kind: "yielded", pool: "p", backend: "z" });
    expect(removeBackend(next, "p", "z")).toBe("of-the-file");
  });

  test("goes with its pool, and does not come back with it", () => {
    const { overlay } = over({ a: ONE });
    addBackend(overlay, "p", backend("z", ONE));
    const gone = overlay.adopted(fileOf({ a: ONE }, "q"));
    expect(gone.news).toEqual([{ kind: "gone-with-pool", pool: "p", backend: "z" }]);
    const again = gone.overlay.adopted(fileOf({ a: ONE })).overlay;
    expect(again.entriesOf("p")?.map(({ name }) => name)).toEqual(["a"]);
  });

  test("is removed with all that was said of it, and one of the file is not", () => {
    const { overlay } = over({ a: ONE });
    addBackend(overlay, "p", backend("z", ONE));
    sayOfBackend(overlay, "p", "z", { weight: 9 });
    expect(removeBackend(overlay, "p", "z")).toBeUndefined();
    expect(removeBackend(overlay, "p", "z")).toBe("unknown");
    expect(removeBackend(overlay, "p", "a")).toBe("of-the-file");
    expect(removeBackend(overlay, "q", "a")).toBe("unknown");
    addBackend(overlay, "p", backend("z", ONE));
    expect(plain(overlay.backend("p", "z"))).toEqual(ONE);
  });

  test("fills a pool that has none in the file", () => {
    const { overlay } = over({});
    expect(overlay.entriesOf("p")).toEqual([]);
    addBackend(overlay, "p", backend("z", ONE));
    expect(overlay.entriesOf("p")?.map(({ name }) => name)).toEqual(["z"]);
  });
});

test("a reload keeps all, a restart none", () => {
  const { overlay } = over({ a: ONE }, { u: BUCKET });
  sayEverything(overlay);
  const { overlay: reloaded, news } = overlay.adopted(fileOf({ a: ONE }, "p", { u: BUCKET }));
  expect(news).toEqual([]);
  for (const each of [overlay, reloaded]) {
    expect(plain(each.backend("p", "a", "192.0.2.1"))).toEqual({ ...ONE, weight: 9, state: "maint" });
    expect(each.entriesOf("p")).toHaveLength(2);
    expect([...each.clients()].map(({ id, capacity }) => [id, capacity])).toEqual([
      ["u", 99],
      ["v", 20],
    ]);
  }
  const { overlay: restarted } = over({ a: ONE }, { u: BUCKET });
  expect(plain(restarted.backend("p", "a", "192.0.2.1"))).toEqual(ONE);
  expect(restarted.entriesOf("p")).toHaveLength(1);
  expect([...restarted.clients()]).toEqual([{ id: "u", ...BUCKET }]);
});

test("an overlay stays as it is when another file is looked at, and what is said of the next one", () => {
  const { overlay } = over({ a: ONE }, { u: BUCKET });
  sayEverything(overlay);
  const before = everythingOf(overlay);
  const { overlay: next } = overlay.adopted(fileOf({ z: OTHER }, "p", { v: THIRD_BUCKET }));
  sayOfBackend(next, "p", "z", THIRD);
  addBackend(next, "p", backend("y", ONE));
  sayOfClient(next, "v", BUCKET);
  expect(everythingOf(overlay)).toEqual(before);
});

test("each value says since when it is so", () => {
  const { overlay, clock } = over({ a: ONE });
  clock.nowMs = 1_000;
  sayOfBackend(overlay, "p", "a", { weight: 9 });
  expect(overlay.backend("p", "a")).toMatchObject({ weight: { sinceMs: 1_000 }, state: { sinceMs: 0 } });
  clock.nowMs = 2_000;
  const { overlay: next } = overlay.adopted(fileOf({ a: { ...ONE, state: "drain" } }));
  expect(next.backend("p", "a")).toMatchObject({ weight: { sinceMs: 1_000 }, state: { sinceMs: 2_000 } });
  expect(next.backend("p", "a")?.maxConnections.sinceMs).toBe(0);
});

describe("of a client", () => {
  test.each(CLIENT_VALUES)("the newest word holds, per value: %s", (key) => {
    const { overlay } = over({}, { u: BUCKET });
    sayOfClient(overlay, "u", only(key, OTHER_BUCKET));
    expect(overlay.client("u")).toEqual({ id: "u", ...BUCKET, ...only(key, OTHER_BUCKET) });
    sayOfClient(overlay, "u", only(key, THIRD_BUCKET));
    expect(overlay.client("u")).toEqual({ id: "u", ...BUCKET, ...only(key, THIRD_BUCKET) });
    const { overlay: next } = overlay.adopted(fileOf({}, "p", { u: OTHER_BUCKET }));
    expect(next.client("u")).toEqual({ id: "u", ...OTHER_BUCKET });
  });

  test.each(CLIENT_VALUES)(
    "a word holds until the file's value differs from the one it replaced: %s",
    (key) => {
      const { overlay } = over({}, { u: BUCKET });
      sayOfClient(overlay, "u", only(key, THIRD_BUCKET));
      const reloaded = overlay.adopted(fileOf({}, "p", { u: { ...OTHER_BUCKET, ...only(key, BUCKET) } }));
      expect(reloaded.overlay.client("u")).toEqual({ id: "u", ...OTHER_BUCKET, ...only(key, THIRD_BUCKET) });
      const changed = reloaded.overlay.adopted(fileOf({}, "p", { u: OTHER_BUCKET }));
      expect(changed.overlay.client("u")).toEqual({ id: "u", ...OTHER_BUCKET });
      expect(changed.news).toEqual([{ kind: "word-over", subject: "u", key, value: THIRD_BUCKET[key] }]);
    },
  );

  test.each(CLIENT_VALUES)("null gives the value back to the file: %s", (key) => {
    const { overlay } = over({}, { u: BUCKET });
    sayOfClient(overlay, "u", THIRD_BUCKET);
    sayOfClient(overlay, "u", { [key]: null });
    expect(overlay.client("u")).toEqual({ id: "u", ...THIRD_BUCKET, ...only(key, BUCKET) });
  });

  test("one that the API added yields to one of the file with its id, and all that was said of it with it", () => {
    const { overlay } = over({}, { u: BUCKET });
    expect(addClient(overlay, { id: "v", ...OTHER_BUCKET })).toBeUndefined();
    expect(addClient(overlay, { id: "v", ...BUCKET })).toBe("exists");
    expect(addClient(overlay, { id: "u", ...BUCKET })).toBe("exists");
    sayOfClient(overlay, "v", { capacity: 99 });
    const { overlay: next, news } = overlay.adopted(fileOf({}, "p", { u: BUCKET, v: OTHER_BUCKET }));
    expect([...next.clients()]).toEqual([
      { id: "u", ...BUCKET },
      { id: "v", ...OTHER_BUCKET },
    ]);
    expect(news).toContainEqual({ kind: "client-yielded", client: "v" });
    expect(removeClient(next, "v")).toBe("of-the-file");
  });

  test("one that the API added can be removed, and one of the file cannot", () => {
    const { overlay } = over({}, { u: BUCKET });
    addClient(overlay, { id: "v", ...OTHER_BUCKET });
    sayOfClient(overlay, "v", { capacity: 99 });
    expect(removeClient(overlay, "v")).toBeUndefined();
    expect(overlay.client("v")).toBeUndefined();
    expect(removeClient(overlay, "v")).toBe("unknown");
    expect(removeClient(overlay, "u")).toBe("of-the-file");
    expect(sayOfClient(overlay, "v", { capacity: 99 })).toBe(false);
  });

  test("an id that is a block stands for itself", () => {
    const { overlay } = over({}, { "192.0.2.0/24": { ...BUCKET, addresses: [] } });
    expect(overlay.client("192.0.2.0/24")?.addresses).toEqual(["192.0.2.0/24"]);
  });
});

describe("whatever is said and written, in any order, the overlay holds what the contract says", () => {
  test("of backends", () => {
    fc.assert(
      fc.property(stepsOf(BACKEND_VALUES, HOSTS), (steps) => {
        let { overlay } = over({ a: ONE, b: ONE });
        const model = new WordsModel<BackendValues>({ a: ONE, b: ONE });
        for (const step of steps) {
          overlay = withBackends(overlay, step);
          model.does(step);
          for (const about of everySubject(HOSTS))
            expect(plain(overlay.backend("p", about.name, about.host))).toEqual(model.valuesOf(about));
        }
        expect(overlay.entriesOf("p")?.map(({ name }) => name)).toEqual(model.names);
      }),
    );
  });

  test("of clients", () => {
    fc.assert(
      fc.property(stepsOf(CLIENT_VALUES_EACH, [undefined]), (steps) => {
        let { overlay } = over({}, { a: BUCKET, b: BUCKET });
        const model = new WordsModel<ClientValues>({ a: BUCKET, b: BUCKET });
        for (const step of steps) {
          overlay = withClients(overlay, step);
          model.does(step);
          for (const about of everySubject([undefined]))
            expect(plain(overlay.clientValues(about.name))).toEqual(model.valuesOf(about));
        }
        expect([...overlay.clients()].map(({ id }) => id)).toEqual(model.names);
      }),
    );
  });
});

const HOSTS = [undefined, "192.0.2.1", "192.0.2.2"] as const;

// Few values, so that a file often says again what it said.
const BACKEND_VALUES = {
  state: fc.constantFrom<BackendValues["state"]>("ready", "drain", "maint"),
  weight: fc.nat(2),
  maxConnections: fc.constantFrom(1, Infinity),
};

const CLIENT_VALUES_EACH = {
  addresses: fc.subarray(["10.0.0.0/8", "unix"]),
  capacity: fc.integer({ min: 1, max: 2 }),
  ratePerSec: fc.constantFrom(0.5, 1),
};

function withBackends(overlay: Overlay, step: Step<BackendValues>): Overlay {
  switch (step.kind) {
    case "file":
      return overlay.adopted(fileOf(step.file)).overlay;
    case "add":
      addBackend(overlay, "p", backend(step.name, step.values));
      return overlay;
    case "remove":
      removeBackend(overlay, "p", step.name);
      return overlay;
    case "say":
      sayOfBackend(overlay, "p", nameOf(step.about), step.said);
      return overlay;
  }
}

function withClients(overlay: Overlay, step: Step<ClientValues>): Overlay {
  switch (step.kind) {
    case "file":
      return overlay.adopted(fileOf({}, "p", step.file)).overlay;
    case "add":
      addClient(overlay, { id: step.name, ...step.values });
      return overlay;
    case "remove":
      removeClient(overlay, step.name);
      return overlay;
    case "say":
      sayOfClient(overlay, step.about.name, step.said);
      return overlay;
  }
}

/** An overlay over a file with these backends in the pool p, and these clients; nothing was said so far. */
function over(
  backends: Readonly<Record<string, BackendValues>>,
  clients: Readonly<Record<string, ClientValues>> = {},
) {
  const clock = { nowMs: 0 };
  return { clock, overlay: Overlay.of(fileOf(backends, "p", clients), () => clock.nowMs) };
}

const PLAIN = configured(`
listeners: [{ listen: "127.0.0.1:8080", pool: p }]
pools: { p: {} }`);

function fileOf(
  backends: Readonly<Record<string, BackendValues>>,
  pool = "p",
  clients: Readonly<Record<string, ClientValues>> = {},
): Config {
  const entries = Object.entries(backends).map(([name, values]) => backend(name, values));
  const list = Object.entries(clients).map(([id, values]) => ({
    id,
    ...values,
    addresses: [...values.addresses],
  }));
  const plainPool = PLAIN.pools.p as Config["pools"][string];
  return {
    ...PLAIN,
    pools: { [pool]: { ...plainPool, backends: entries } },
    clients: { default: undefined, list },
  };
}

function backend(name: string, values: BackendValues): BackendConfig {
  return { ...plainBackend, name, address: { kind: "tcp", host: "web.example", port: 1 }, ...values };
}

function only<Values, Key extends keyof Values>(key: Key, values: Values): Pick<Values, Key> {
  return { [key]: values[key] } as unknown as Pick<Values, Key>;
}

function plain<Values extends object>(sourced: SourcedValues<Values> | undefined): Values | undefined {
  const values =
    sourced && Object.entries<{ value: unknown }>(sourced).map(([key, { value }]) => [key, value]);
  return values && (Object.fromEntries(values) as Values);
}

/** Words of every kind, a backend z and a client v. */
function sayEverything(overlay: Overlay): void {
  sayOfBackend(overlay, "p", "a", { weight: 9 });
  sayOfBackend(overlay, "p", "a@192.0.2.1", { state: "maint" });
  addBackend(overlay, "p", backend("z", OTHER));
  sayOfClient(overlay, "u", { capacity: 99 });
  addClient(overlay, { id: "v", ...OTHER_BUCKET });
}

function everythingOf(overlay: Overlay): { backends: unknown[]; clients: ClientEntry[] } {
  const entries = overlay.entriesOf("p") ?? [];
  const backends = entries.map((each) => [each, overlay.backend("p", each.name, "192.0.2.1")]);
  return { backends, clients: [...overlay.clients()] };
}
