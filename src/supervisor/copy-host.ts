import type { Endpoint } from "../core/address.ts";

/** What the supervisor asks of the control plane. */
export interface CopyHost {
  /** Whether the server at the endpoint passes one probe of the pool. */
  answers(pool: string, endpoint: Endpoint): Promise<boolean>;
  /** Makes it a backend of the pool; rejects with the reason where it cannot be. */
  join(pool: string, name: string, endpoint: Endpoint): Promise<void>;
  /** Takes it out of the pool; resolves when its last session has ended, soon after `withinMs` at the latest. Never rejects. */
  leave(pool: string, name: string, withinMs: number): Promise<void>;
  /** Takes it out of the pool at once; its process is gone, and its sessions end by that. Never rejects. */
  lost(pool: string, name: string): Promise<void>;
}
