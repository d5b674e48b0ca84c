import { vi } from "vitest";

/** Looks again and again until `check` throws no more: for what no event tells; rejects with its last error after 50 s. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 50_000, interval: 5 });
}
