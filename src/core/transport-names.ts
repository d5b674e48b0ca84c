/**
 * What may move the bytes: `sockets` are Node's; `epoll` makes the system calls itself; `native` is the best of the latter, and `auto` the
 * one that suits the machine.
 */
export const transportNames = ["auto", "native", "epoll", "sockets"] as const;
export type TransportName = (typeof transportNames)[number];
