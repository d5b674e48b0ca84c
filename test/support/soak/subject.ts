import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect } from "vitest";
import type { Config } from "#lb/config/config";
import type { SessionRecord } from "#lb/contract/record";
import type { Report } from "#lb/contract/report";
import { Control } from "#lb/control/control";
import type { Endpoint } from "#lb/core/address";
import { systemClock } from "#lb/core/clock";
import { seededDice } from "#lb/core/dice";
import { LocalPlane } from "#lb/plane/local";
import { configured, readingOf } from "../../config/configured.ts";
import { BalancerProcess } from "../balancer-process.ts";
import { eventually } from "../eventually.ts";
import { testTransport } from "../transport.ts";
import { heapAfterCollection } from "./memory.ts";

/** A balancer under soak. */
export interface Subject extends AsyncDisposable {
  readonly endpoint: Extract<Endpoint, { kind: "tcp" }>;
  /** Makes it read another configuration. */
  reload(text: string): Promise<void>;
  /** The records since they were last taken, once there are `count`. */
  take(count: number): Promise<readonly SessionRecord[]>;
  /** Rejects where something is left over though all clients are gone. */
  rest(): Promise<void>;
  /** What it holds in memory: the live heap, or where that cannot be seen, what is resident. */
  bytes(): Promise<number>;
  /** Ends it in order, and finds nothing in its log that speaks of a defect. */
  stop(): Promise<void>;
}

/** Control plane and data plane in this process. */
export class SubjectHere implements Subject {
  endpoint: Extract<Endpoint, { kind: "tcp" }> = { kind: "tcp", host: "127.0.0.1", port: 0 };
  readonly #plane: LocalPlane;
  readonly #control: Control;
  #text: string;
  #records: SessionRecord[] = [];
  readonly #complaints: unknown[] = [];

  private constructor(text: string) {
    const parts = { transport: testTransport(systemClock), clock: systemClock, dice: seededDice(5) };
    const logger = pino({ level: "error" }, { write: (line: string) => void this.#complaints.push(line) });
    const log = {
      logger,
      audit: logger,
      dropped: 0,
      follow: () => {},
      configure: () => {},
      close: () => Promise.resolve(),
    };
    this.#text = text;
    this.#plane = new LocalPlane({ ...parts, transport: () => parts.transport });
    this.#plane.subscribe((batch) => this.#read(batch), { records: true });
    const load = async (before: Config) => readingOf(before, this.#text);
    this.#control = new Control(configured(text), { ...parts, plane: this.#plane, log, load });
  }

  static async start(text: string): Promise<SubjectHere> {
    const subject = new SubjectHere(text);
    await subject.#control.start();
    const { listeners } = await subject.#plane.sample();
    subject.endpoint = listeners[0]?.endpoint as typeof subject.endpoint;
    return subject;
  }

  async reload(text: string): Promise<void> {
    this.#text = text;
    await this.#control.reload();
  }

  async take(count: number): Promise<readonly SessionRecord[]> {
    await eventually(() => expect(this.#records.length).toBeGreaterThanOrEqual(count));
    return this.#records.splice(0);
  }

  async rest(): Promise<void> {
    await eventually(async () => {
      const { listeners, pools } = await this.#plane.sample();
      const backends = pools.flatMap((pool) => pool.backends);
      expect(await this.#plane.sessions(Infinity)).toEqual([]);
      expect([...listeners, ...backends].filter(({ active }) => active !== 0)).toEqual([]);
      expect(pools.filter(({ queued }) => queued !== 0)).toEqual([]);
    });
  }

  bytes(): Promise<number> {
    return heapAfterCollection();
  }

  async stop(): Promise<void> {
    await this.#control.close(5_000);
    expect(this.#complaints).toEqual([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#control.close(0);
  }

  #read(batch: readonly Report[]): void {
    for (const report of batch) {
      if (report.kind === "session") this.#records.push(report.record);
      else if (report.kind === "bug") this.#complaints.push(report);
    }
  }
}

/** The real command, which reads its file again on SIGHUP. */
export class SubjectProcess implements Subject {
  readonly #folder: string;
  readonly #process: BalancerProcess;
  #taken = 0;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#process = new BalancerProcess("lb.js", ["--config", join(folder, "lb.json")]);
  }

  static async start(text: string): Promise<SubjectProcess> {
    const folder = await mkdtemp(join(tmpdir(), "soak-"));
    await writeFile(join(folder, "lb.json"), text);
    const subject = new SubjectProcess(folder);
    await subject.#process.listening();
    return subject;
  }

  get endpoint(): Extract<Endpoint, { kind: "tcp" }> {
    return this.#process.endpoint as Extract<Endpoint, { kind: "tcp" }>;
  }

  async reload(text: string): Promise<void> {
    // Replaced whole: half a file would be refused.
    await writeFile(join(this.#folder, "next"), text);
    await rename(join(this.#folder, "next"), join(this.#folder, "lb.json"));
    this.#process.signal("SIGHUP");
  }

  async take(count: number): Promise<readonly SessionRecord[]> {
    const until = this.#taken + count;
    await eventually(() => expect(this.#process.records.length).toBeGreaterThanOrEqual(until));
    const records = this.#process.records.slice(this.#taken);
    this.#taken += records.length;
    return records;
  }

  /** What is left over would keep it from ending in order. */
  async rest(): Promise<void> {}

  async bytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#process.pid}/status`, "utf8");
    return Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1]) * 1024;
  }

  async stop(): Promise<void> {
    this.#process.signal("SIGTERM");
    expect(await this.#process.exit()).toMatchObject({ code: 0, stderr: "" });
    const errors = this.#process.stdout.split("\n").filter((line) => line.includes('"level":"error"'));
    // A stop may come upon the last reload.
    const expected = /"msg":"no (?:usable backend|backend answered)"|"reason":"the balancer is stopping"/;
    expect(errors.filter((line) => !expected.test(line))).toEqual([]);
    expect(this.#process.stdout).toContain('"msg":"reloaded"');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}
