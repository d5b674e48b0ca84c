/** What every path carries in one segment, in bytes: 536 less what options take (RFC 9293 §3.7.1). */
const SMALLEST_SEGMENT = 512;

/**
 * Knows whether Nagle's algorithm (RFC 9293 §3.7.4) could hold back the next write: a small segment behind one that is under way.
 * To turn it off is a system call, and many sessions send one small segment each way.
 */
export class Nagle {
  #hasWritten = false;

  /** Whether it could, the next write being of so many bytes. */
  couldHold(bytes: number): boolean {
    const could = this.#hasWritten || bytes > SMALLEST_SEGMENT;
    this.#hasWritten = true;
    return could;
  }
}
