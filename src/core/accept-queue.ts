/** How many connections the kernel may hold for us. It drops what is above it: at Node's default, 511, a burst waits for seconds. */
export const ACCEPT_BACKLOG = 4_096;

/**
 * Lets a server accept what the kernel has queued for it, which a close would reset; `accepted` tells how many it has
 * accepted so far. Node accepts one connection a turn of its loop: this turns it until none comes, until as many have come
 * as can have waited, or until the server does not listen any more. A deadline would reset some on a busy machine.
 */
export async function emptyAcceptQueue(
  server: { readonly listening: boolean },
  accepted: () => number,
): Promise<void> {
  const last = accepted() + ACCEPT_BACKLOG;
  let before: number;
  do {
    before = accepted();
    await turn();
    await turn();
  } while (server.listening && accepted() !== before && accepted() < last);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
