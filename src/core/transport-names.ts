/** The engines that make the system calls themselves, the best first: `native` is the first that the machine has. */
export const engineNames = ["io_uring", "epoll"] as const;
export type EngineName = (typeof engineNames)[number];

/**
 * What may move the bytes: `sockets` are Node's; an engine makes the system calls itself; `native` is the best of the engines, and `auto` the
 * one that suits the machine.
 */
export const transportNames = ["auto", "native", ...engineNames, "sockets"] as const;
export type TransportName = (typeof transportNames)[number];

/** What a listener may want of its own: `auto` is what moves the bytes of all others. */
export const listenerTransports = ["auto", "native", "sockets"] as const;
export type ListenerTransport = (typeof listenerTransports)[number];
