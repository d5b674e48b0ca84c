import { expect, test, vi } from "vitest";
import { CopyBackends } from "#lb/control/copy-backends";
import { parseEndpoint } from "#lb/core/address";
import { MemoryStore } from "../support/memory-store.ts";
import { controlled } from "./controlled.ts";

const FILE = `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: p }]
pools: { p: { health: { probe: off }, backends: [{ name: a, address: "127.0.0.1:1" }] } }`;

test("a copy that leaves takes its sessions with it, and waits for them no longer than it has time", async () => {
  const { host, made } = await joined();
  const gone = vi.fn();
  void host.leave("p", "t-1", 10_000).then(gone);
  await vi.waitFor(() =>
    expect(made.orders.at(-1)).toEqual({ kind: "drain", pool: "p", backend: "t-1", withinMs: 10_000 }),
  );
  expect(made.changed().at(-1)).toEqual(["a"]);
  await made.clock.run(11_999);
  expect(gone).not.toHaveBeenCalled();
  await made.clock.run(1);
  expect(gone).toHaveBeenCalledOnce();
});

test("one that has no sessions is gone at once", async () => {
  const { host, made } = await joined();
  vi.spyOn(made.plane, "order").mockResolvedValue("not-found");
  await host.leave("p", "t-1", 10_000);
  expect(made.changed().at(-1)).toEqual(["a"]);
});

test.each([
  ["the file has a backend of its name", FILE.replace("name: a", "name: t-1")],
  ["its pool is gone", FILE.replace("pool: p", "pool: q").replace("p:", "q:")],
])("one leaves all as it is where %s by now, in the store too", async (_, next) => {
  const { host, made, store } = await joined();
  made.next = next;
  await made.control.reload();
  const before = made.changed().length;
  made.orders.length = 0;
  for (const leave of [() => host.leave("p", "t-1", 10_000), () => host.lost("p", "t-1")]) await leave();
  expect([made.changed().length, made.orders, [...store.shelves.backends]]).toEqual([before, [], []]);
});

test("the reason of what a copy does is the copy", async () => {
  const { host, made } = await joined();
  vi.spyOn(made.plane, "order").mockResolvedValue("not-found");
  await host.leave("p", "t-1", 0);
  await host.join("p", "t-1", parseEndpoint("127.0.0.1:2"));
  await host.lost("p", "t-1");
  const reasons = made.plane.changes.flatMap((change) => (change.kind === "pool" ? [change.reason] : []));
  expect(reasons).toEqual(["its copy is up", "its copy is stopped", "its copy is up", "its copy crashed"]);
});

/** A copy that is a backend of its pool. */
async function joined() {
  const store = new MemoryStore();
  const made = controlled(FILE, store);
  await made.control.start();
  const { control, plane, clock } = made;
  const host = new CopyBackends({ control, plane, clock, transport: undefined as never });
  await host.join("p", "t-1", parseEndpoint("127.0.0.1:2"));
  return { host, made, store };
}
