/** Thrown for a text that is nearly right: `expected` says, to follow that word, what was probably meant. */
export class Misspelt extends RangeError {
  constructor(
    readonly expected: string,
    text: string,
  ) {
    super(`expected ${expected}, got "${text}"`);
  }
}
