import type { ParcelMessage, Port } from "./messages.ts";
import { Assembly, inPieces, type Piece } from "./pieces.ts";

/** A value that leaves, and who is told when all of it has. */
interface Leaving {
  readonly pieces: Iterator<Piece, void>;
  next: Piece | undefined;
  readonly left: () => void;
}

/**
 * One end of a channel over which numbered values go in pieces. A piece leaves when the one before it was unpacked, so that
 * neither thread is held up by a large value; small values that leave meanwhile overtake it.
 */
export class Parcels {
  readonly #port: Port;
  readonly #received: (number: number, value: unknown) => void;
  readonly #leaving = new Map<number, Leaving>();
  readonly #coming = new Map<number, Assembly>();

  /** `received` is given each value that came. */
  constructor(port: Port, received: (number: number, value: unknown) => void) {
    this.#port = port;
    this.#received = received;
  }

  /** Sends a value by a number that no other has meanwhile; throws where it is no plain data. */
  send(number: number, value: unknown, left: () => void = () => {}): void {
    const pieces = inPieces(value);
    const leaving = { pieces, next: pieces.next().value ?? undefined, left };
    this.#leaving.set(number, leaving);
    try {
      this.#sendNext(number, leaving);
    } catch (error) {
      this.#leaving.delete(number);
      throw error;
    }
  }

  hear(message: ParcelMessage): void {
    const { number } = message;
    if (message.kind === "piece") this.#take(message);
    else this.#sendNext(number, this.#leaving.get(number) as Leaving);
  }

  #sendNext(number: number, leaving: Leaving): void {
    const piece = leaving.next;
    leaving.next = leaving.pieces.next().value ?? undefined;
    const isLast = leaving.next === undefined;
    this.#post({ kind: "piece", number, piece: piece as Piece, isLast });
    if (!isLast) return;
    this.#leaving.delete(number);
    leaving.left();
  }

  #take({ number, piece, isLast }: Extract<ParcelMessage, { readonly kind: "piece" }>): void {
    const coming = this.#coming.get(number) ?? new Assembly();
    coming.add(piece);
    if (isLast) {
      this.#coming.delete(number);
      this.#received(number, coming.value);
      return;
    }
    this.#coming.set(number, coming);
    this.#post({ kind: "more", number });
  }

  #post(message: ParcelMessage): void {
    this.#port.postMessage(message);
  }
}
