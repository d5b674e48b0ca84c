/** Parts of a number over steps, as even as whole ones can be: what one step is short of comes with a later one, and the last has the rest. */
export class EvenParts {
  #owed = 0;

  /** How many of what is left are due at a step, where so many steps are left, this one among them. */
  next(left: number, stepsLeft: number): number {
    // Some may have gone by themselves meanwhile.
    const owed = Math.min(left, this.#owed);
    const due = owed + (left - owed) / stepsLeft;
    // Twentieths do not add up exactly.
    const whole = Math.floor(due + 1e-9);
    this.#owed = due - whole;
    return whole;
  }
}
