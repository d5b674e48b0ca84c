import type { BackendStatus } from "#lb/operate/documents";

/** When all of it began. */
const SINCE = "2026-01-01T00:00:00.000Z";

/** A backend that is up. */
export function backend(name: string, more: Partial<BackendStatus> = {}): BackendStatus {
  const administrative = {
    state: { value: "ready", since: SINCE, source: "file" },
    weight: { value: 1, source: "file" },
  } as const;
  const operational = { value: "up", since: SINCE, source: "probe", reason: "it answers" };
  return {
    name,
    active: 0,
    share: 0,
    fairShare: 0.5,
    connected: 0,
    failed: 0,
    configured: { weight: 1, state: "ready" },
    address: "127.0.0.1:9001",
    administrative,
    operational,
    unresolved: null,
    ...more,
  };
}

/** Of a backend, by a word of the API. */
export const wanted = (value: "drain" | "maint") => ({
  administrative: {
    state: { value, since: SINCE, source: "api" },
    weight: { value: 1, source: "file" },
  },
});
/** Of a backend, found by probes. */
export const down = (reason: string) => ({
  operational: { value: "down", since: SINCE, source: "probe", reason },
});
