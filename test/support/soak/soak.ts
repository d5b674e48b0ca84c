import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { SessionRecord } from "#lb/contract/record";
import { type Dice, seededDice } from "#lb/core/dice";
import { judge } from "./judge.ts";
import { drawPlan } from "./plan.ts";
import { SoakServer } from "./server.ts";
import type { Subject } from "./subject.ts";
import { Visit } from "./visit.ts";
import { drawConfiguration, weather } from "./weather.ts";

const SERVERS = 4;
/** How long a client rests at most before the next takes its seat; one that was refused comes back later. */
const REST_MS = 20;
const REFUSED_REST_MS = 400;

export interface SoakOptions {
  /** Starts what is soaked, from the text of its configuration. */
  readonly start: (text: string) => Promise<Subject>;
  readonly seed: number;
  /** Connections at once. */
  readonly seats: number;
  readonly rounds: number;
  readonly roundMs: number;
}

/** What a soak showed. */
export interface Findings {
  readonly visits: number;
  readonly endings: Readonly<Record<string, number>>;
  /** One line for each visit that went wrong. */
  readonly wrong: readonly string[];
  /** Of the balancer after each round, when everybody had gone home. */
  readonly memoryBytes: readonly number[];
}

/** Soaks a balancer in rounds, between which everybody goes home and nothing may be left over. */
export async function soak({ start, seed, seats, rounds, roundMs }: SoakOptions): Promise<Findings> {
  const dice = seededDice(seed);
  const visits = new Map<number, Visit>();
  await using servers = await serversFor(visits);
  const configuration = () => drawConfiguration(servers.all, seats, dice);
  await using subject = await start(configuration());
  const crowd = new Crowd(subject, visits, seats, dice);
  const findings = { visits: 0, endings: {} as Record<string, number>, wrong: [] as string[] };
  const memoryBytes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const over = AbortSignal.timeout(roundMs);
    const reload = () => subject.reload(configuration());
    await Promise.all([crowd.come(over), weather(servers.all, reload, dice, over)]);
    note(findings, visits, await subject.take(visits.size));
    visits.clear();
    await subject.rest();
    memoryBytes.push(await subject.bytes());
  }
  await subject.stop();
  return { ...findings, memoryBytes };
}

/** Seats that are taken by one client after the other. */
class Crowd {
  #number = 0;

  constructor(
    readonly subject: Subject,
    readonly visits: Map<number, Visit>,
    readonly seats: number,
    readonly dice: Dice,
  ) {}

  async come(over: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: this.seats }, () => this.#sit(over)));
  }

  async #sit(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const visit = new Visit(drawPlan(++this.#number, this.dice));
      this.visits.set(visit.plan.number, visit);
      await visit.pay(this.subject.endpoint);
      await delay(this.dice() * (visit.refused ? REFUSED_REST_MS : REST_MS));
    }
  }
}

async function serversFor(visits: ReadonlyMap<number, Visit>) {
  const all = Array.from({ length: SERVERS }, (_, n) => new SoakServer(`127.0.0.${201 + n}`, visits));
  for (const server of all) await server.start();
  return {
    all,
    async [Symbol.asyncDispose]() {
      for (const server of all) await server[Symbol.asyncDispose]();
    },
  };
}

type Notes = { visits: number; endings: Record<string, number>; wrong: string[] };

function note(notes: Notes, visits: ReadonlyMap<number, Visit>, records: readonly SessionRecord[]): void {
  expect(records).toHaveLength(visits.size);
  const unclaimed = byClient(records);
  for (const visit of visits.values()) {
    const record = claim(visit, unclaimed);
    const wrong = judge(visit, record);
    if (wrong !== "") notes.wrong.push(`visit ${visit.plan.number}: ${wrong} ${JSON.stringify(record)}`);
  }
  for (const { ending } of records) notes.endings[ending] = (notes.endings[ending] ?? 0) + 1;
  notes.visits += visits.size;
}

/** Whoever resets before it is accepted has no address any more. */
function claim(visit: Visit, unclaimed: ReadonlyMap<string, SessionRecord[]>): SessionRecord | undefined {
  const own = unclaimed.get(visit.client);
  return own?.length || !visit.left ? own?.shift() : unclaimed.get("unknown")?.shift();
}

function byClient(records: readonly SessionRecord[]): ReadonlyMap<string, SessionRecord[]> {
  const found = new Map<string, SessionRecord[]>();
  for (const record of records) {
    const group = found.get(record.client);
    if (group === undefined) found.set(record.client, [record]);
    else group.push(record);
  }
  return found;
}
