import { expect, test } from "vitest";
import { namesIn, snapshotOf } from "#lb/control/snapshot";
import { wantedBy } from "../config/configured.ts";

const text = `
listeners: [{ listen: "front.example:8080", pool: p }]
pools:
  p:
    backends:
      - { name: web, address: "web.example:80", weight: 3, maxConnections: 7, backup: true }
      - { address: "one.example:80" }
      - { address: "192.0.2.9:80" }`;

const answers: Readonly<Record<string, readonly string[]>> = {
  "front.example": ["127.0.0.1"],
  "web.example": ["192.0.2.2", "192.0.2.1", "192.0.2.2"],
  "one.example": ["2001:DB8::1"],
};

test("each address of a name is a member of its own, with the entry's weight and limits", () => {
  const { pools, listeners } = snapshotOf(wantedBy(text), (name) => answers[name] ?? [], 1_000);
  const backends = pools[0]?.backends ?? [];
  expect(backends.map(({ name }) => name)).toEqual([
    "web@192.0.2.1",
    "web@192.0.2.2",
    "one.example:80",
    "192.0.2.9:80",
  ]);
  expect(backends[1]).toMatchObject({
    endpoint: { host: "192.0.2.2", port: 80 },
    weight: 3,
    maxConnections: 7,
    backup: true,
  });
  expect(backends[2]?.endpoint).toMatchObject({ host: "2001:db8::1" });
  expect(listeners[0]).toMatchObject({ name: "front.example:8080", endpoint: { host: "127.0.0.1" } });
});

test("a backend whose name nobody knows is left out", () => {
  const config = wantedBy(text);
  const { pools } = snapshotOf(config, (name) => (name === "front.example" ? ["127.0.0.1"] : []), 1_000);
  expect(pools[0]?.backends.map(({ name }) => name)).toEqual(["192.0.2.9:80"]);
});

test("says which names have to be looked up, each once", () => {
  expect(namesIn(wantedBy(text))).toEqual({
    listeners: ["front.example"],
    backends: ["web.example", "one.example"],
  });
});

test("crosses as plain data", () => {
  const snapshot = snapshotOf(wantedBy(text), (name) => answers[name] ?? [], 1_000);
  expect(structuredClone(snapshot)).toEqual(snapshot);
});

test("decisions are recorded where they are asked for, or always, as the API is configured", () => {
  const wanted = (admin: string) =>
    snapshotOf(wantedBy(`${text}\nadmin: ${admin}`), (name) => answers[name] ?? [], 1_000).decisions;
  expect(wanted("off")).toBe("asked");
  expect(wanted('{ listen: "127.0.0.1:8081" }')).toBe("asked");
  expect(wanted('{ listen: "127.0.0.1:8081", decisions: always }')).toBe("always");
});
