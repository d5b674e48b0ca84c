import type { Probe } from "./probe.ts";

/** A connection that stands is enough. */
export interface TcpSettings {
  readonly kind: "tcp";
}

export const tcp: Probe<TcpSettings> = () => async (talk) => {
  // Not awaited: that the connection stood is enough.
  talk.say().catch(() => {});
  return undefined;
};
