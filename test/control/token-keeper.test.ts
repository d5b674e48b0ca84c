import { expect, test } from "vitest";
import { TokenKeeper } from "#lb/control/token-keeper";
import { StoreDown } from "#lb/store/refusals";
import { ManualClock } from "../support/manual-clock.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { NotedLog } from "../support/noted-log.ts";

/** One that looks at a single client of a capacity of 9, and a store that fails as the test says. */
function kept() {
  const clock = new ManualClock();
  const log = new NotedLog();
  const store = new MemoryStore();
  const state: { tokens: number; plane?: Error; store?: Error; saves: number } = { tokens: 5, saves: 0 };
  const save = store.saveTokens.bind(store);
  store.saveTokens = async (tokens, atMs) => {
    state.saves += 1;
    if (state.store !== undefined) throw state.store;
    await save(tokens, atMs);
  };
  const clients = async () => {
    if (state.plane !== undefined) throw state.plane;
    return [{ id: "u", tokens: state.tokens }];
  };
  const overlay = () => ({ client: () => ({ capacity: 9 }) });
  const parts = { clock, log, store, plane: { clients }, overlay };
  const keeper = new TokenKeeper(parts as unknown as ConstructorParameters<typeof TokenKeeper>[0]);
  return { clock, log, store, state, keeper };
}

const NOTHING = { clients: new Map(), backends: new Map(), tokens: new Map(), tokensAtMs: undefined };

test("a defect of what is saved with is told once, ends no process, and the next second saves", async () => {
  const { clock, log, store, state, keeper } = kept();
  using _keeper = keeper;
  state.store = new TypeError("unexpected");
  await keeper.start(NOTHING);
  await clock.run(3_000);
  expect(state.saves).toBeGreaterThan(1);
  expect(log.lines).toEqual([["error", "tokens cannot be saved: a defect", { err: state.store }]]);
  delete state.store;
  await clock.run(1_000);
  expect(store.tokens).toEqual(new Map([["u", 5]]));
});

test("what the plane does not tell is not saved as nothing", async () => {
  const { clock, store, state, keeper } = kept();
  using _keeper = keeper;
  await keeper.start(NOTHING);
  await clock.run(1_000);
  state.plane = new Error("gone");
  await clock.run(2_000);
  expect(store.tokens).toEqual(new Map([["u", 5]]));
});

test("a save that failed is made again, also where the tokens are what they were before it", async () => {
  const { clock, state, keeper } = kept();
  using _keeper = keeper;
  await keeper.start(NOTHING);
  await clock.run(1_000);
  state.store = new StoreDown("pulled out", 1_000);
  state.tokens = 4;
  await clock.run(1_000);
  state.tokens = 5;
  delete state.store;
  const before = state.saves;
  await clock.run(2_000);
  expect(state.saves).toBe(before + 1);
});
