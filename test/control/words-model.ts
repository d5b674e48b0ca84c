import fc from "fast-check";
import type { Said } from "#lb/control/shelf";

/** What something is said of: an entry, or one of its addresses. */
export interface Subject {
  readonly name: string;
  readonly host?: string | undefined;
}

/** The file says something else, or the API adds, removes or says something. */
export type Step<Values> =
  | { readonly kind: "file"; readonly file: { readonly [name: string]: Values } }
  | { readonly kind: "add"; readonly name: string; readonly values: Values }
  | { readonly kind: "remove"; readonly name: string }
  | { readonly kind: "say"; readonly about: Subject; readonly said: Said<Values> };

interface Word<Values> {
  readonly about: Subject;
  readonly key: keyof Values;
  readonly value: unknown;
  readonly replaced: unknown;
}

const NAMES = ["a", "b", "c"] as const;

/** Who has the last word, in a few lines: the values of the file and the API beneath, and a flat list of words. */
export class WordsModel<Values extends object> {
  #file: Readonly<Record<string, Values>>;
  readonly #added = new Map<string, Values>();
  #words: readonly Word<Values>[] = [];

  constructor(file: Readonly<Record<string, Values>>) {
    this.#file = file;
  }

  get names(): string[] {
    return [...Object.keys(this.#file), ...this.#added.keys()];
  }

  does(step: Step<Values>): void {
    switch (step.kind) {
      case "file":
        this.#adopt(step.file);
        break;
      case "add":
        if (!this.names.includes(step.name)) this.#added.set(step.name, step.values);
        break;
      case "remove":
        if (this.#added.delete(step.name)) this.#keep(({ about }) => about.name !== step.name);
        break;
      case "say":
        for (const key of Object.keys(step.said)) this.#say(step.about, key as keyof Values, step.said);
    }
  }

  /** What holds; undefined where there is no such entry. */
  valuesOf({ name, host }: Subject): Values | undefined {
    const beneath = this.#beneath(name);
    const ofName = this.#words.filter(({ about }) => about.name === name);
    const ofWhole = ofName.filter(({ about }) => about.host === undefined);
    const ofPart = ofName.filter(({ about }) => about.host === host);
    const said = [...ofWhole, ...ofPart].map(({ key, value }) => [key, value]);
    return beneath && { ...beneath, ...Object.fromEntries(said) };
  }

  #beneath(name: string): Values | undefined {
    return this.#file[name] ?? this.#added.get(name);
  }

  #adopt(file: Readonly<Record<string, Values>>): void {
    const before = this.#file;
    this.#file = file;
    for (const name of Object.keys(file)) this.#added.delete(name);
    this.#keep(({ about: { name }, key, replaced }) => {
      const stays = name in file === name in before;
      return stays && String(this.#beneath(name)?.[key]) === String(replaced);
    });
  }

  #say(about: Subject, key: keyof Values, said: Said<Values>): void {
    const beneath = this.#beneath(about.name);
    const value = said[key];
    if (beneath === undefined || value === undefined) return;
    this.#keep((word) => word.key !== key || nameOf(word.about) !== nameOf(about));
    if (value !== null) this.#words = [...this.#words, { about, key, value, replaced: beneath[key] }];
  }

  #keep(stays: (word: Word<Values>) => boolean): void {
    this.#words = this.#words.filter(stays);
  }
}

/** Any steps, with any of these values each. */
export function stepsOf<Values extends object>(
  values: { readonly [Key in keyof Values]: fc.Arbitrary<Values[Key]> },
  hosts: readonly (string | undefined)[],
): fc.Arbitrary<Step<Values>[]> {
  const whole = fc.record(values) as fc.Arbitrary<Values>;
  const name = fc.constantFrom(...NAMES);
  const orNull = Object.entries<fc.Arbitrary<unknown>>(values).map(([key, value]) => [key, fc.option(value)]);
  const said = fc.record(Object.fromEntries(orNull), { requiredKeys: [] }) as fc.Arbitrary<Said<Values>>;
  const about = fc.record({ name, host: fc.constantFrom(...hosts) });
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("say" as const), about, said }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("file" as const), file: fc.dictionary(name, whole) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("add" as const), name, values: whole }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), name }) },
  );
  return fc.array(step, { maxLength: 40 });
}

/** Each entry there may be, at each of these addresses; undefined is the whole. */
export function everySubject(hosts: readonly (string | undefined)[]): Subject[] {
  return NAMES.flatMap((name) => hosts.map((host) => ({ name, host })));
}

/** As an operator names it. */
export function nameOf({ name, host }: Subject): string {
  return host === undefined ? name : `${name}@${host}`;
}
