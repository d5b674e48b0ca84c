import type { BackendConfig } from "../config/config.ts";
import type { ClientEntry, ClientTokens } from "../contract/clients.ts";
import type { Outcome } from "../contract/order.ts";
import { Lines } from "../core/in-line.ts";
import type { Plane } from "../plane/plane.ts";
import type { Keeper } from "./keeper.ts";
import {
  type BackendValues,
  type ClientEdit,
  type ClientValues,
  type Edit,
  keyOf,
  type Overlay,
  type Refused,
  type Said,
} from "./overlay.ts";
import type { Reconciler } from "./reconcile.ts";
import { namesOf } from "./snapshot.ts";

const BY_AN_OPERATOR = "set by an operator";

/** What became of what an operator said; `stored` where there is a store: whether it outlives a restart already. */
export type Spoken =
  | { readonly kind: "done"; readonly stored?: boolean | undefined }
  | { readonly kind: "refused"; readonly why: Refused };

/** Sees what is wanted in the moment before a change, and throws where that must not be made. */
export type Check = (overlay: Overlay) => void;

/** How something is said. */
export interface Manner {
  readonly check?: Check | undefined;
  /** A drain takes the sessions off the backend in that time; without one it leaves them alone, and calls an earlier one off. */
  readonly withinMs?: number | undefined;
}

/** Where a backend comes from: an operator, or the copies of a server; and what its log says is the reason. */
interface Origin {
  readonly source?: "api" | "copy";
  readonly reason?: string;
}

/** What an operator may do while it runs. Each call resolves when the data plane has it. */
export class Steering {
  readonly #plane: Plane;
  readonly #reconciler: Reconciler;
  readonly #keeper: Keeper;
  /** Of what is durable before it is in force, by the client or backend: the next change sees the one before it. */
  readonly #lines = new Lines<string>();

  constructor(plane: Plane, reconciler: Reconciler, keeper: Keeper) {
    this.#plane = plane;
    this.#reconciler = reconciler;
    this.#keeper = keeper;
  }

  /** Says something of a backend, by its entry's name or as `entry@host`. It is in force at once, and stored when that is possible. */
  async setBackend(
    pool: string,
    name: string,
    said: Said<BackendValues>,
    { check, withinMs = Infinity }: Manner = {},
  ): Promise<Spoken> {
    const edit = await this.#reconciler.inTurn(async () => {
      const { overlay } = this.#reconciler;
      check?.(overlay);
      const next = overlay.sayingOfBackend(pool, name, said);
      if (typeof next === "string") return next;
      await this.#reconciler.put(next, BY_AN_OPERATOR);
      if (said.state === "drain") await this.#drain(pool, name, withinMs);
      return next;
    });
    if (typeof edit === "string") return refused(edit);
    return { kind: "done", stored: await this.#keeper.eventually(edit) };
  }

  /**
   * Adds a backend to a pool, once that is durable; rejects, and adds nothing, where there is no room for it, where it leads
   * back to a listener, and where it cannot be stored. One by a name waits for that a second at most; without an answer by
   * then it joins when that comes.
   */
  async addBackend(
    pool: string,
    backend: BackendConfig,
    { check, source = "api", reason = BY_AN_OPERATOR }: Pick<Manner, "check"> & Origin = {},
  ): Promise<Spoken> {
    using _name = await this.#reconciler.learn({ listeners: [], backends: namesOf([backend.address]) });
    const change = (overlay: Overlay) => overlay.addingBackend(pool, backend, source);
    return await this.#durably(keyOf(pool, backend.name), check, change, (edit) =>
      this.#reconciler.put(edit, reason),
    );
  }

  /** Removes a backend that came from there, once that is durable; its sessions are taken off it within a time, or live on. */
  removeBackend(
    pool: string,
    name: string,
    { check, withinMs = Infinity, source = "api", reason = BY_AN_OPERATOR }: Manner & Origin = {},
  ): Promise<Spoken> {
    const change = (overlay: Overlay) => overlay.removingBackend(pool, name, source);
    return this.#durably(keyOf(pool, name), check, change, async (edit) => {
      await this.#reconciler.put(edit, reason);
      await this.#drain(pool, name, withinMs);
    });
  }

  /** Says something of a client, once that is durable. */
  setClient(id: string, said: Said<ClientValues>, manner: Manner = {}): Promise<Spoken> {
    return this.#changeClient(id, (overlay) => overlay.sayingOfClient(id, said), manner);
  }

  /** Adds a client, once that is durable. */
  addClient(client: ClientEntry, manner: Manner = {}): Promise<Spoken> {
    return this.#changeClient(client.id, (overlay) => overlay.addingClient(client), manner);
  }

  /** Removes a client that was added, once that is durable. */
  removeClient(id: string, manner: Manner = {}): Promise<Spoken> {
    return this.#changeClient(id, (overlay) => overlay.removingClient(id), manner);
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

  #changeClient(
    id: string,
    change: (overlay: Overlay) => ClientEdit | Refused,
    { check }: Manner,
  ): Promise<Spoken> {
    return this.#durably(id, check, change, (edit) => this.#reconciler.putClient(edit));
  }

  /** Keeps an edit, then puts it in a turn; what is refused there is not kept. No turn waits for the store. */
  #durably<Any extends Edit>(
    line: string,
    check: Check | undefined,
    change: (overlay: Overlay) => Any | Refused,
    put: (edit: Any) => Promise<unknown>,
  ): Promise<Spoken> {
    return this.#lines.inLine(line, async () => {
      const { overlay } = this.#reconciler;
      check?.(overlay);
      const edit = change(overlay);
      if (typeof edit === "string") return refused(edit);
      await this.#keeper.durably(edit);
      try {
        await this.#reconciler.inTurn(() => put(edit));
      } catch (error) {
        await this.#keeper.eventually(overlay.standing(edit));
        throw error;
      }
      return { kind: "done", stored: this.#keeper.stores ? true : undefined };
    });
  }

  #drain(pool: string, backend: string, withinMs: number): Promise<Outcome> {
    return this.#plane.order({ kind: "drain", pool, backend, withinMs });
  }
}

function refused(why: Refused): Spoken {
  return { kind: "refused", why };
}
