import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { TrustedPeers } from "../../admission/trusted-peers.ts";
import { explain } from "../../command/failure.ts";
import type { ListenerConfig } from "../../config/config.ts";
import type { Endpoint } from "../../core/address.ts";
import { encodeHeader } from "../../proxy-protocol/encode.ts";
import type { Desk } from "../api.ts";
import { Problem } from "../problem.ts";

/** How tasks get to the servers. */
export interface Way {
  readonly listener: ListenerConfig;
  readonly protocol: "http" | "line";
  /** Where it really listens. */
  readonly endpoint: Endpoint;
}

/** The way that admin.tasks says: a listener, by its own address. */
export async function wayOf({ controls, settings }: Desk): Promise<Way> {
  const { tasks } = settings();
  const { listeners } = controls.overlay().file;
  const listener = listeners.find(({ name }) => name === tasks.listener) ?? listeners[0];
  const sample = await controls.plane.sample({ pools: [] });
  const open = sample.listeners.find(({ name, leaving }) => name === listener?.name && !leaving);
  if (listener === undefined || open === undefined)
    throw new Problem("unavailable", "the listener of tasks is not open");
  const protocol = tasks.protocol ?? (listener.refuse === "http" ? "http" : "line");
  return { listener, protocol, endpoint: dialled(open.endpoint) };
}

/** A connection of an ordinary client, with a PROXY header that names none where the listener wants one of us. */
export async function enter({ listener, endpoint }: Way, signal: AbortSignal): Promise<Socket> {
  const where =
    endpoint.kind === "unix" ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
  const socket = connect({ ...where, noDelay: true });
  try {
    await once(socket, "connect", { signal });
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw error;
    throw new Problem("unavailable", `the listener ${listener.name} cannot be reached: ${explain(error)}`);
  }
  // What breaks it is told to its reader; it must not end the process.
  socket.on("error", () => {});
  if (wantsHeader(listener, socket.localAddress)) socket.write(encodeHeader("v2", undefined));
  return socket;
}

/** What listens everywhere is reached by loopback. */
function dialled(endpoint: Endpoint): Endpoint {
  if (endpoint.kind === "unix") return endpoint;
  const host = endpoint.host === "0.0.0.0" ? "127.0.0.1" : endpoint.host === "::" ? "::1" : endpoint.host;
  return { ...endpoint, host };
}

function wantsHeader({ acceptProxy }: ListenerConfig, own = "unix"): boolean {
  if (acceptProxy === undefined) return false;
  return new TrustedPeers({ from: acceptProxy.from, timeoutMs: acceptProxy.timeout }).includes(own);
}
