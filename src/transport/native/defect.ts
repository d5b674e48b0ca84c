/**
 * Throws what an owner of a stream threw once more, where the thread hears of it as uncaught. It is no session's failure, which
 * sessions catch themselves: the transport or what accepts for it is wrong, and the process ends, as by a throw in an event of
 * Node's sockets.
 */
export function throwUncaught(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}
