import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { explain, Failure } from "../command/failure.ts";

/** What a token lets its owner do. */
export type Right = "read" | "write";

/** Who may call, and what for. */
export interface Caller {
  readonly name: string;
  readonly right: Right;
}

interface Entry extends Caller {
  readonly hash: Buffer;
}

const FEWEST_BITS = 128;
const MOST_ENTRIES = 1_000;
const MOST_BYTES = 1024 * 1024;
const LINE = /^([\w.-]{1,64})\s+(read|write)\s+([\w.~+/=-]{1,512})$/;
const OTHERS = 0o007;

/** What is wrong with the file of tokens. */
export class TokenMistake extends Failure {
  /** Without the path, which may be the environment's. */
  readonly words: string;

  constructor(path: string, what: string, line?: number) {
    super(line === undefined ? `${path}: ${what}` : `${path}:${line}: ${what}`);
    this.words = line === undefined ? what : `line ${line}: ${what}`;
  }

  /** What the system says of it. */
  static of(path: string, error: unknown): TokenMistake {
    return Object.assign(new TokenMistake(path, explain(error, "the file")), {
      message: explain(error, path),
    });
  }
}

/** The tokens of a file; each is known by its hash alone. */
export class TokenFile {
  readonly #path: string;
  #entries: readonly Entry[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads the file. Resolves with what an operator should know, a line each; rejects with a TokenMistake, and keeps the tokens it
   * has, where the file cannot be used or is missing.
   */
  async read(): Promise<readonly string[]> {
    const failed = (error: unknown) => {
      throw TokenMistake.of(this.#path, error);
    };
    const status = await stat(this.#path).catch(failed);
    const { size, mode } = status;
    // The end of a pipe or a device may never come.
    if (!status.isFile()) throw new TokenMistake(this.#path, "expected a file");
    if (size > MOST_BYTES) throw new TokenMistake(this.#path, "expected a file of at most 1 MiB");
    this.#entries = entriesOf(await readFile(this.#path, "utf8").catch(failed), this.#path);
    if ((mode & OTHERS) === 0) return [];
    return [`${this.#path} can be read or changed by every user of this machine: chmod 600`];
  }

  /**
   * Makes a file with one token that may write where there is none; to be called at the start alone, because a file that is missing
   * for a moment later is being replaced. Resolves and rejects as `read` does.
   */
  async make(): Promise<readonly string[]> {
    try {
      await using file = await open(this.#path, "wx", 0o600);
      await file.writeFile(`admin write ${randomBytes(32).toString("base64url")}\n`);
      await file.sync();
      return [`${this.#path} was missing: it was made, with one token that may write`];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return [];
      throw TokenMistake.of(this.#path, error);
    }
  }

  /** Whether a caller's token is still among those of the file. */
  has(caller: Caller): boolean {
    return this.#entries.some((entry) => entry === caller || entry.hash.equals((caller as Entry).hash));
  }

  /** Whose token it is; the time that takes says nothing of the tokens. */
  callerOf(token: string): Caller | undefined {
    const hash = hashOf(token);
    let found: Caller | undefined;
    for (const entry of this.#entries) if (timingSafeEqual(entry.hash, hash)) found = entry;
    return found;
  }
}

/** Mistakes are told without what stands there, which may be a token. */
function entriesOf(text: string, path: string): Entry[] {
  const entries: Entry[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const wrong = (what: string) => new TokenMistake(path, what, at + 1);
    const [, name = "", right, token = ""] = LINE.exec(line.trim()) ?? [];
    if (name === "") throw wrong("expected name read|write token");
    if (bitsOf(token) < FEWEST_BITS)
      throw wrong(
        `expected a token of at least ${FEWEST_BITS} bits: 22 letters and digits, or 32 hexadecimal`,
      );
    if (entries.some((each) => each.name === name)) throw wrong("expected each name once");
    if (entries.length === MOST_ENTRIES) throw wrong(`expected at most ${MOST_ENTRIES} tokens`);
    entries.push({ name, right: right as Right, hash: hashOf(token) });
  }
  if (entries.length === 0) throw new TokenMistake(path, "expected at least one line name read|write token");
  return entries;
}

/** At most so many: of what alphabet a text was drawn at random cannot be known. */
function bitsOf(token: string): number {
  if (new Set(token).size < 8) return 0;
  const alphabet = /^\d+$/.test(token) ? 10 : /^(?:[\da-f]+|[\dA-F]+)$/.test(token) ? 16 : 64;
  return token.length * Math.log2(alphabet);
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
