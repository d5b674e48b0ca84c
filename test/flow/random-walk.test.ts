import { expect, test } from "vitest";
import { type Dice, seededDice } from "#lb/core/dice";
import type { Ending } from "#lb/core/ending";
import { type Lab, lab } from "../support/lab.ts";
import { seeds } from "../support/long.ts";
import { backend, echo, type Peer } from "../support/peer.ts";

const CONNECTIONS = 50;
const STEPS = 600;
const EXPECTED: readonly Ending[] = ["done", "client-reset", "client-gone"];

test.each(seeds(2))("answers every byte of a random walk over 50 connections, seed %i", async (seed) => {
  const dice = seededDice(seed);
  await using one = await backend(echo);
  await using two = await backend(echo);
  await using balancer = await lab({
    backends: [one.endpoint, two.endpoint],
    algorithm: "least-connections",
  });
  const walkers = Array.from({ length: CONNECTIONS }, () => new Walker(balancer));
  for (let step = 0; step < STEPS; step++) await walkers[Math.floor(dice() * CONNECTIONS)]?.step(dice);
  for (const walker of walkers) await walker.home();
  const records = await balancer.ended(walkers.reduce((sum, { opened }) => sum + opened, 0));
  expect(records.map(({ ending }) => ending)).toContain("client-reset");
  expect(records.filter(({ ending }) => !EXPECTED.includes(ending))).toEqual([]);
});

/** One place in the walk: opened, written to, finished or reset at random, and opened anew. */
class Walker {
  opened = 0;
  readonly #balancer: Lab;
  #peer: Peer | undefined;
  #sent = "";

  constructor(balancer: Lab) {
    this.#balancer = balancer;
  }

  async step(dice: Dice): Promise<void> {
    const chance = dice();
    if (this.#peer === undefined) await this.#open();
    else if (chance < 0.7) this.#write(this.#peer, dice);
    else if (chance < 0.8) await this.#answered(this.#peer);
    else if (chance < 0.9) await this.home();
    else this.#reset(this.#peer);
  }

  /** Finishes, and checks that everything came back, and then the end. */
  async home(): Promise<void> {
    const peer = this.#peer;
    this.#peer = undefined;
    peer?.finish();
    // Whoever leaves without a word, while a backend is still dialled, is gone.
    const outcome = await peer?.outcome();
    if (this.#sent !== "") expect(outcome).toBe("end");
    expect(peer?.text ?? "").toBe(this.#sent);
    this.#sent = "";
  }

  async #open(): Promise<void> {
    this.#peer = await this.#balancer.client();
    this.opened += 1;
  }

  #write(peer: Peer, dice: Dice): void {
    const text = String.fromCharCode(97 + Math.floor(dice() * 26)).repeat(
      1 + Math.floor(dice() ** 8 * 100_000),
    );
    peer.send(text);
    this.#sent += text;
  }

  async #answered(peer: Peer): Promise<void> {
    await peer.bytes(this.#sent.length);
    expect(peer.text).toBe(this.#sent);
  }

  #reset(peer: Peer): void {
    peer.reset();
    this.#peer = undefined;
    this.#sent = "";
  }
}
