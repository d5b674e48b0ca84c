import type { Options } from "yargs";
import type { Clock } from "#lb/core/clock";
import type { Dice } from "#lb/core/dice";
import type { Work } from "../protocol.ts";
import type { Fate } from "./fate.ts";

/** A server as a fault sees it that ends and begins its life; neither call rejects. */
export interface Life {
  /** Resets every connection and stops listening. */
  crash(): void;
  /** Listens on the same port again; false: it is taken. */
  recover(): Promise<boolean>;
}

/** What one fault does to one server; what it leaves out stays as it is. */
export interface Behaviour {
  /** No connection is accepted at all. */
  readonly refuses?: true;
  /** Decides about a new connection; undefined: it is served. */
  readonly fate?: () => Fate | undefined;
  /** Does something before or around the work. */
  readonly work?: (next: Work) => Work;
  /** Begins as the server begins to listen, and ends with it. */
  readonly live?: (server: Life) => Disposable;
  /** Drops what still waits in it, as the server closes. */
  readonly close?: () => void;
}

/** What faults are made with; `turn`, in (0, 1], is this server's place among those of its process. */
export interface Surroundings {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly turn: number;
}

/** A fault: its command line options, read into its settings, and what it does. One file each; the table is index.ts. */
export interface Fault<Settings> {
  /** The settings that leave it off, which are those of a command line without its options. */
  readonly off: Readonly<Settings>;
  readonly options: { readonly [Name in keyof Settings]-?: Options };
  /** Undefined where the settings leave it off; throws a UsageError where they do not go together. */
  readonly behave: (settings: Readonly<Settings>, around: Surroundings) => Behaviour | undefined;
}

/** Reads a share from 0 to 1; throws a RangeError that says what was expected. */
export function share(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) {
    throw new RangeError(`expected a share from 0 to 1, such as 0.01, got "${text}"`);
  }
  return value;
}
