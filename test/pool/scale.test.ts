import { expect, test } from "vitest";
import { type AlgorithmName, algorithmNames } from "#lb/contract/algorithm";
import { Lease } from "#lb/pool/lease";
import { Tried } from "#lb/pool/tried";
import { CLIENT, made, member, verdict } from "./pools.ts";

const BACKENDS = 10_000;
/** Of all verdicts that come, ten a millisecond, a choice comes after so many. */
const PER_CHOICE = 10;
/** Tables of ten thousand backends are made some forty times, on a machine that may have other work. */
const BUSY_MS = 120_000;
const RANKED = algorithmNames.filter((name) => name !== "first");

test.each(algorithmNames)(
  "%s gives each session a living backend while a fifth of ten thousand dies in a row, and while it comes back",
  (algorithm) => {
    const crowd = new Crowd(algorithm);
    for (const alive of [false, true]) {
      for (let n = 0; n < BACKENDS / 5; n++) crowd.found(n, alive);
    }
    expect(crowd.choices).toBe((2 * BACKENDS) / 5 / PER_CHOICE);
    expect(crowd.dead).toBe(0);
  },
  BUSY_MS,
);

test.each(RANKED)("%s sees a new array no more than once in ten milliseconds by that", (algorithm) => {
  const crowd = new Crowd(algorithm);
  for (let n = 0; n < BACKENDS / 10; n++) crowd.found(n, false);
  expect(crowd.arrays).toBeLessThanOrEqual(1 + crowd.ms / 10);
  const after = crowd.arrays;
  for (let n = 0; n < 1_000; n++) crowd.choose();
  expect(crowd.arrays).toBeLessThanOrEqual(after + 1);
});

test("of ten thousand that die within a second the last one alive is found each time, by a hundred arrays", () => {
  const crowd = new Crowd("round-robin");
  for (let n = 0; n < BACKENDS - 1; n++) crowd.found(n, false);
  expect(crowd.dead).toBe(0);
  expect(crowd.arrays).toBeLessThanOrEqual(101);
  for (let n = 0; n < 10; n++) expect(crowd.choose()).toBe(`m${BACKENDS - 1}`);
  crowd.found(BACKENDS - 1, false);
  expect(crowd.choose()).toBe("no-backend");
  crowd.found(7, true);
  expect(crowd.choose()).toBe("m7");
});

test("sessions that find all of ten thousand full but one make no array, however many they are", () => {
  const crowd = new Crowd("round-robin", 1);
  for (let n = 0; n < BACKENDS - 1; n++) crowd.hold();
  crowd.choose();
  const before = crowd.arrays;
  for (let n = 0; n < 100; n++) crowd.choose();
  expect([crowd.arrays, crowd.dead]).toEqual([before, 0]);
});

/** Ten thousand members of a pool, and what sessions that choose one come upon. */
class Crowd {
  choices = 0;
  /** Choices of a backend that may get no session. */
  dead = 0;
  /** Arrays that the algorithm was given. */
  arrays = 0;
  #latest: unknown;
  #verdicts = 0;
  readonly #made: ReturnType<typeof made>;

  constructor(algorithm: AlgorithmName, maxConnections = Infinity) {
    const members = Array.from({ length: BACKENDS }, (_, n) => member(`m${n}`, { maxConnections }));
    this.#made = made(members, {}, algorithm);
  }

  /** How long it all took. */
  get ms(): number {
    return this.#made.clock.now();
  }

  /** What probes found of the nth. */
  found(nth: number, alive: boolean): void {
    this.#made.pool.verdict(verdict(`m${nth}`, alive));
    this.#made.clock.advance(0.1);
    this.#verdicts += 1;
    if (this.#verdicts % PER_CHOICE === 0) this.choose();
  }

  /** Whom a session gets, which is gone at once; or why it gets none. */
  choose(): string {
    const place = this.hold();
    if (!(place instanceof Lease)) return place;
    place[Symbol.dispose]();
    return place.backend.name;
  }

  /** The place that a session gets and keeps. */
  hold(): Lease | string {
    const tried = new Tried();
    const address = `10.0.${(this.choices >> 8) & 255}.${this.choices & 255}`;
    const place = this.#made.pool.choose({ ...CLIENT, address }, tried);
    this.choices += 1;
    this.#see(tried);
    if (typeof place === "string") return place;
    if (!(place instanceof Lease)) throw new Error("expected a place, or none at all");
    if (!place.backend.usable) this.dead += 1;
    return place;
  }

  /** A ranking holds the array that it was made of. */
  #see({ ranking }: Tried): void {
    const array = (ranking as { readonly backends?: unknown } | undefined)?.backends;
    if (array === undefined || array === this.#latest) return;
    this.#latest = array;
    this.arrays += 1;
  }
}
