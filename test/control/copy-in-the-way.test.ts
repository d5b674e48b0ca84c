import { expect, test } from "vitest";
import { formatEndpoint, parseEndpoint } from "#lb/core/address";
import { plainBackend } from "../support/backends.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { controlled } from "./controlled.ts";

const COPY = { source: "copy" } as const;

test("a copy that took the name of a backend of the API while the database was away yields to it: what was kept is in force, as after a restart", async () => {
  const { made, store } = await copyBesideKept();
  const { steering, overlay } = made.control;
  await steering.setBackend("p", "z", { weight: 7, state: "drain" });
  store.returns();
  await made.clock.run(2_000);
  for (const each of [overlay, await restarted(store)]) {
    const { weight, state } = each.backend("p", "z") ?? {};
    expect([each.sourceOf("p", "z"), weight?.value, state?.value]).toEqual(["api", 5, "ready"]);
  }
  expect(addressesOfZ(made)).toEqual(["127.0.0.1:3", "127.0.0.1:3", "127.0.0.1:2"]);
  expect(made.messages()).toContain("a copy yields to a backend of the API");
});

test("a copy that yielded leaves the backend of its name alone, and does not join again", async () => {
  const { made, store } = await copyBesideKept();
  const { steering, overlay } = made.control;
  store.returns();
  await made.clock.run(2_000);
  expect((await steering.removeBackend("p", "z", COPY)).kind).toBe("refused");
  expect(await steering.addBackend("p", z("127.0.0.1:3"), COPY)).toEqual({ kind: "refused", why: "exists" });
  expect(overlay.sourceOf("p", "z")).toBe("api");
  expect((await restarted(store)).sourceOf("p", "z")).toBe("api");
});

test("what was said of a copy that is gone is over no word that was kept of a backend of its name", async () => {
  const { made, store } = await copyBesideKept();
  const { steering, overlay } = made.control;
  await steering.setBackend("p", "z", { weight: 7 });
  await steering.removeBackend("p", "z", COPY);
  store.returns();
  await made.clock.run(2_000);
  const held = [overlay, await restarted(store)].map((each) => each.backend("p", "z")?.weight.value);
  expect(held).toEqual([5, 5]);
});

test("kept words about a backend that no file has any more are over, and not about the copy of its name", async () => {
  const { made, store } = await copyBesideKept(text(`, { name: z, address: "127.0.0.1:2" }`));
  store.returns();
  await made.clock.run(2_000);
  const { overlay } = made.control;
  expect([overlay.sourceOf("p", "z"), overlay.backend("p", "z")?.weight.value]).toEqual(["copy", 1]);
  expect(made.messages()).toContain("the file has the last word");
  expect(store.shelves.backends).toEqual(new Map());
});

test("a kept backend that would lead back to a listener by now is not put in the place of a copy", async () => {
  const { made, store } = await copyBesideKept(text(), text().replace("127.0.0.1:8080", "127.0.0.1:2"));
  store.returns();
  await made.clock.run(2_000);
  expect(made.control.overlay.sourceOf("p", "z")).toBe("copy");
  expect(made.messages("error")).toContain("the store has a row that cannot be used");
});

/** A backend z of weight 5 is kept, of the API where the file has none; then a crash, and a copy z joins before the database is there. */
async function copyBesideKept(first = text(), second = text()) {
  const before = new MemoryStore();
  const { control } = controlled(first, before);
  await control.start();
  await control.steering.addBackend("p", z("127.0.0.1:2"));
  expect(await control.steering.setBackend("p", "z", { weight: 5 })).toEqual({ kind: "done", stored: true });
  const store = before.again();
  store.status = { up: false, sinceMs: 0 };
  const made = controlled(second, store);
  await made.control.start();
  expect((await made.control.steering.addBackend("p", z("127.0.0.1:3"), COPY)).kind).toBe("done");
  return { made, store };
}

async function restarted(store: MemoryStore) {
  const { control } = controlled(text(), store.again());
  await control.start();
  return control.overlay;
}

/** Where z is, in each change of its pool. */
function addressesOfZ({ plane }: ReturnType<typeof controlled>): string[] {
  const pools = plane.changes.flatMap((change) => (change.kind === "pool" ? [change.pool] : []));
  const all = pools.flatMap(({ backends }) => backends.filter(({ name }) => name === "z"));
  return all.map(({ endpoint }) => formatEndpoint(endpoint));
}

function text(backends = ""): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:1" }${backends}] } }`;
}

function z(address: string) {
  return { ...plainBackend, name: "z", address: parseEndpoint(address) };
}
