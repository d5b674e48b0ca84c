import { type Dice, seededDice } from "#lb/core/dice";

/** Every byte of a soak is one of these, so that each side knows what the other must have sent. */
const BYTES = Buffer.from(Array.from({ length: 1 << 16 }, byteOf(seededDice(7))));
const STREAM = Buffer.concat(new Array<Buffer>(48).fill(BYTES));
const OFFSETS = 1 << 20;

/** What a visit says first: its number. */
export const HEADER_BYTES = 4;

/** Whether a side reads as fast as it can, or pauses after each chunk. */
export type Pace = "fast" | "slow";

/** What one client and its server do; both know it. */
export interface Plan {
  readonly number: number;
  /** The address it comes from. */
  readonly from: string;
  /** What the client sends after its number, in how many pieces. */
  readonly request: Buffer;
  readonly pieces: number;
  readonly answer: Buffer;
  /** `echo`: as the request comes; `greeting`: at once, with FIN behind it; `reply`: when the client has finished. */
  readonly manner: "echo" | "greeting" | "reply";
  readonly clientPace: Pace;
  readonly serverPace: Pace;
  /** The client resets so many milliseconds after it connected, or when it has half of the answer. */
  readonly clientLeaves: number | "midway" | undefined;
  /** The server resets when it has so many bytes of the request. */
  readonly serverResetsAfterBytes: number | undefined;
}

/** Draws the plan of visit `number`: small ones are common, large ones happen. Four in a row share an address. */
export function drawPlan(number: number, dice: Dice): Plan {
  const client = number >> 2;
  const drawn = {
    number,
    from: `127.${1 + (client & 15)}.${(client >> 12) & 255}.${(client >> 4) & 255}`,
    request: stretch(dice, 262_144),
    pieces: 1 + Math.floor(dice() * 3),
    clientPace: paceOf(dice),
    serverPace: paceOf(dice),
    clientLeaves: dice() < 0.15 ? leaving(dice) : undefined,
    serverResetsAfterBytes: undefined,
  };
  const kind = dice();
  if (kind < 0.1)
    return { ...drawn, manner: "echo", answer: drawn.request, ...brokenOff(drawn.request, dice) };
  if (kind < 0.5) return { ...drawn, manner: "echo", answer: drawn.request };
  return { ...drawn, manner: kind < 0.75 ? "greeting" : "reply", answer: stretch(dice, 1_048_576) };
}

function brokenOff(request: Buffer, dice: Dice): Pick<Plan, "serverResetsAfterBytes"> {
  return { serverResetsAfterBytes: Math.floor(dice() * request.length) };
}

function leaving(dice: Dice): number | "midway" {
  return dice() < 0.5 ? dice() * 50 : "midway";
}

function paceOf(dice: Dice): Pace {
  return dice() < 0.15 ? "slow" : "fast";
}

function stretch(dice: Dice, most: number): Buffer {
  const start = Math.floor(dice() * OFFSETS);
  return STREAM.subarray(start, start + Math.floor(dice() ** 6 * most));
}

function byteOf(dice: Dice): () => number {
  return () => Math.floor(dice() * 256);
}
