import { Failure } from "../command/failure.ts";
import type { Clock } from "../core/clock.ts";
import type { TransportName } from "../core/transport-names.ts";
import type { Transport } from "./transport.ts";

/**
 * The transport of that name for this thread; LB_TRANSPORT in the environment stands in for `auto`. Rejects with a Failure
 * that says what is missing. Each is loaded when it is wanted.
 */
export async function openTransport(wanted: TransportName, clock: Clock): Promise<Transport> {
  const name = wanted === "auto" ? (process.env.LB_TRANSPORT ?? "auto") : wanted;
  switch (name) {
    case "auto":
    case "sockets":
      return new (await import("./sockets/index.ts")).SocketTransport(clock);
    case "native":
    case "epoll":
      return openNative(clock);
    default:
      throw new Failure(`LB_TRANSPORT: expected auto, native, epoll or sockets, got "${name}"`);
  }
}

async function openNative(clock: Clock): Promise<Transport> {
  const [{ libc }, { guestTransport }] = await Promise.all([
    import("./native/libc.ts"),
    import("./native/guest.ts"),
  ]);
  if (libc() !== undefined) return guestTransport(clock);
  throw new Failure(
    "transport: epoll needs Linux on x64 or arm64 and the package koffi; expected auto or sockets here",
  );
}
