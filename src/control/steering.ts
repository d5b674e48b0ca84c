import type { BackendConfig } from "../config/config.ts";
import type { ClientEntry, ClientTokens } from "../contract/clients.ts";
import type { Outcome } from "../contract/order.ts";
import type { Plane } from "../plane/plane.ts";
import type { BackendValues, ClientValues, Overlay, Refused, Said } from "./overlay.ts";
import type { Reconciler } from "./reconcile.ts";
import { namesOf } from "./snapshot.ts";

const BY_AN_OPERATOR = "set by an operator";

/** What an operator may do while it runs. Each call resolves when the data plane has it. */
export class Steering {
  readonly #plane: Plane;
  readonly #reconciler: Reconciler;

  constructor(plane: Plane, reconciler: Reconciler) {
    this.#plane = plane;
    this.#reconciler = reconciler;
  }

  /**
   * Says something of a backend, by its entry's name or as `entry@host`. `withinMs`: a drain takes its sessions off it in that
   * time; a drain without one leaves them alone, and calls an earlier one off.
   */
  setBackend(pool: string, name: string, said: Said<BackendValues>, withinMs = Infinity): Promise<Outcome> {
    return this.#reconciler.inTurn(async () => {
      if (!this.#reconciler.overlay.sayOfBackend(pool, name, said)) return "not-found";
      await this.#reconciler.pool(pool, BY_AN_OPERATOR);
      if (said.state === "drain") await this.#drain(pool, name, withinMs);
      return "done";
    });
  }

  /**
   * Adds a backend to a pool; rejects, and adds nothing, where there is no room for it or it leads back to a listener. One by
   * a name waits for that a second at most; without an answer by then it joins when that comes.
   */
  async addBackend(pool: string, backend: BackendConfig): Promise<Refused | undefined> {
    using _name = await this.#reconciler.learn({ listeners: [], backends: namesOf([backend.address]) });
    return await this.#reconciler.inTurn(() => this.#grow(pool, backend));
  }

  /** Removes a backend that was added; its sessions are taken off it within a time, or live on. */
  removeBackend(pool: string, name: string, withinMs = Infinity): Promise<Refused | undefined> {
    return this.#reconciler.inTurn(async () => {
      const refused = this.#reconciler.overlay.removeBackend(pool, name);
      if (refused !== undefined) return refused;
      await this.#reconciler.pool(pool, BY_AN_OPERATOR);
      await this.#drain(pool, name, withinMs);
      return undefined;
    });
  }

  setClient(id: string, said: Said<ClientValues>): Promise<Outcome> {
    return this.#reconciler.inTurn(async () => {
      if (!this.#reconciler.overlay.sayOfClient(id, said)) return "not-found";
      await this.#reconciler.client(id);
      return "done";
    });
  }

  addClient(client: ClientEntry): Promise<Refused | undefined> {
    return this.#changeClient(client.id, (overlay) => overlay.addClient(client));
  }

  /** Removes a client that was added. */
  removeClient(id: string): Promise<Refused | undefined> {
    return this.#changeClient(id, (overlay) => overlay.removeClient(id));
  }

  /** Sets what a client's bucket has left. */
  fill(client: ClientTokens): Promise<Outcome> {
    return this.#plane.order({ kind: "fill", ...client });
  }

  /**
   * Ends, with `rebalanced`, a share (0 to 1) of a pool's sessions older than a minute, on backends that have more than their
   * fair share, within a time, so that their clients come back elsewhere. Rejects a share or a time that is neither.
   */
  async rebalance(pool: string, share: number, withinMs: number): Promise<Outcome> {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`expected a share from 0 to 1, got ${share}`);
    if (!(withinMs >= 0)) throw new RangeError(`expected a time of 0 ms or more, got ${withinMs}`);
    return await this.#plane.order({ kind: "rebalance", pool, share, withinMs });
  }

  /** Ends a session with `killed`. */
  kill(session: string): Promise<Outcome> {
    return this.#plane.order({ kind: "kill", session });
  }

  async #grow(pool: string, backend: BackendConfig): Promise<Refused | undefined> {
    const { overlay } = this.#reconciler;
    const refused = overlay.addBackend(pool, backend);
    if (refused !== undefined) return refused;
    try {
      await this.#reconciler.grownPool(pool, BY_AN_OPERATOR);
    } catch (error) {
      overlay.removeBackend(pool, backend.name);
      throw error;
    }
    return undefined;
  }

  #changeClient(id: string, change: (overlay: Overlay) => Refused | undefined): Promise<Refused | undefined> {
    return this.#reconciler.inTurn(async () => {
      const refused = change(this.#reconciler.overlay);
      if (refused === undefined) await this.#reconciler.client(id);
      return refused;
    });
  }

  #drain(pool: string, backend: string, withinMs: number): Promise<Outcome> {
    return this.#plane.order({ kind: "drain", pool, backend, withinMs });
  }
}
