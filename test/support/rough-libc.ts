import type { Dice } from "#lb/core/dice";
import type { Libc } from "#lb/transport/native/libc";
import { EINTR, SOL_SOCKET } from "#lb/transport/native/linux";

const SO_SNDBUF = 7;
/** The kernel doubles it. */
const SEND_BUFFER_BYTES = 2_048;

/** The C library on a bad day, all of it allowed: send buffers of 4 KiB, and calls that a signal interrupts. */
export function roughLibc(libc: Libc, dice: Dice): Libc {
  let pretended = 0;
  const interrupted = <Args extends unknown[]>(call: (...args: Args) => number) => {
    return (...args: Args): number => {
      pretended = dice() < 0.05 ? EINTR : 0;
      return pretended === 0 ? call(...args) : -1;
    };
  };
  const honest = <Args extends unknown[]>(call: (...args: Args) => number) => {
    return (...args: Args): number => {
      pretended = 0;
      return call(...args);
    };
  };
  return {
    ...libc,
    socket(...args) {
      const descriptor = libc.socket(...args);
      if (descriptor >= 0) libc.setOption(descriptor, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER_BYTES);
      return descriptor;
    },
    // Whatever is called next has an error of its own.
    connect: honest(libc.connect),
    splice: honest(libc.splice),
    recv: interrupted(libc.recv),
    send: interrupted(libc.send),
    epollWait: interrupted(libc.epollWait),
    ioUringEnter: interrupted(libc.ioUringEnter),
    accept4: interrupted(libc.accept4),
    errno: () => pretended || libc.errno(),
  };
}
