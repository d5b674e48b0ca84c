import type { BackendConfig } from "../config/config.ts";
import type { ClientEntry, ClientTokens } from "../contract/clients.ts";
import type { Outcome } from "../contract/order.ts";
import type { Clock } from "../core/clock.ts";
import type { Plane } from "../plane/plane.ts";
import type { BackendEdit, ClientEdit, Edit, Place } from "./edit.ts";
import type { Keeper } from "./keeper.ts";
import type { BackendValues, ClientValues, Overlay, PoolValues, Refused } from "./overlay.ts";
import type { Reconciler } from "./reconcile.ts";
import type { Said } from "./shelf.ts";
import { namesOf } from "./snapshot.ts";
import type { Told } from "./told.ts";

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

/** A change of one row, over what is wanted; `sinceMs`: Unix time since when it is so. */
interface Changing<Any extends Edit> {
  readonly place: Place;
  readonly check: Check | undefined;
  readonly change: (overlay: Overlay, sinceMs: number) => Any | Refused;
  /** Told with what changes; default: an operator's word. */
  readonly reason?: string;
  /** What is done in the same turn, once it is put. */
  readonly after?: () => Promise<unknown>;
}

/** Words that are in force before they are kept. */
interface AtOnce extends Pick<Changing<Edit>, "check" | "after"> {
  /** What they are said of: see About. */
  readonly part: string;
  readonly said: object;
  readonly change: (overlay: Overlay) => Edit | Refused;
}

/** What steering is made of. */
export interface SteeringParts {
  readonly plane: Plane;
  readonly clock: Clock;
  readonly reconciler: Reconciler;
  readonly keeper: Keeper;
  readonly told: Told;
}

/** What an operator may do while it runs. Each call resolves when the data plane has it. */
export class Steering {
  readonly #parts: SteeringParts;

  constructor(parts: SteeringParts) {
    this.#parts = parts;
  }

  /** Says something of a backend, by its entry's name or as `entry@host`. It is in force at once, and stored when that is possible. */
  async setBackend(
    pool: string,
    name: string,
    said: Said<BackendValues>,
    { check, withinMs = Infinity }: Manner = {},
  ): Promise<Spoken> {
    return await this.#atOnce({
      part: name,
      said,
      check,
      change: (overlay) => overlay.sayingOfBackend(pool, name, said),
      after: async () => said.state === "drain" && (await this.#drain(pool, name, withinMs)),
    });
  }

  /** Says something of a pool. It is in force for new sessions at once, and stored when that is possible. */
  async setPool(
    pool: string,
    said: Said<PoolValues>,
    { check }: Pick<Manner, "check"> = {},
  ): Promise<Spoken> {
    return await this.#atOnce({
      part: pool,
      said,
      check,
      change: (overlay) => overlay.sayingOfPool(pool, said),
    });
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
    const names = { listeners: [], backends: namesOf([backend.address]) };
    using _name = await this.#parts.reconciler.learn(names);
    return await this.#durably({
      place: { shelf: "backends", pool, name: backend.name },
      check,
      reason,
      change: (overlay, sinceMs) => overlay.addingBackend(pool, backend, source, sinceMs),
    });
  }

  /** Removes a backend that came from there, once that is durable; its sessions are taken off it within a time, or live on. */
  removeBackend(
    pool: string,
    name: string,
    { check, withinMs = Infinity, source = "api", reason = BY_AN_OPERATOR }: Manner & Origin = {},
  ): Promise<Spoken> {
    return this.#durably<BackendEdit>({
      place: { shelf: "backends", pool, name },
      check,
      reason,
      change: (overlay) => overlay.removingBackend(pool, name, source),
      after: () => this.#drain(pool, name, withinMs),
    });
  }

  /** Says something of a client, once that is durable. */
  setClient(id: string, said: Said<ClientValues>, manner: Manner = {}): Promise<Spoken> {
    return this.#changeClient(id, (overlay, sinceMs) => overlay.sayingOfClient(id, said, sinceMs), manner);
  }

  /** Adds a client, once that is durable. */
  addClient(client: ClientEntry, manner: Manner = {}): Promise<Spoken> {
    return this.#changeClient(client.id, (overlay, sinceMs) => overlay.addingClient(client, sinceMs), manner);
  }

  /** Removes a client that was added, once that is durable. */
  removeClient(id: string, manner: Manner = {}): Promise<Spoken> {
    return this.#changeClient(id, (overlay) => overlay.removingClient(id), manner);
  }

  /** Sets what a client's bucket has left. */
  fill(client: ClientTokens): Promise<Outcome> {
    return this.#parts.plane.order({ kind: "fill", clients: [client] });
  }

  /**
   * Ends, with `rebalanced`, a share (0 to 1) of a pool's sessions older than a minute, on backends that have more than their
   * fair share, within a time, so that their clients come back elsewhere. Rejects a share or a time that is neither.
   */
  async rebalance(pool: string, share: number, withinMs: number): Promise<Outcome> {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`expected a share from 0 to 1, got ${share}`);
    if (!(withinMs >= 0)) throw new RangeError(`expected a time of 0 ms or more, got ${withinMs}`);
    return await this.#parts.plane.order({ kind: "rebalance", pool, share, withinMs });
  }

  /** Ends a session with `killed`. */
  kill(session: string): Promise<Outcome> {
    return this.#parts.plane.order({ kind: "kill", session });
  }

  #changeClient(id: string, change: Changing<ClientEdit>["change"], { check }: Manner): Promise<Spoken> {
    return this.#durably({ place: { shelf: "clients", id }, check, change });
  }

  /** Puts an edit in a turn, then keeps it. */
  async #atOnce({ part, said, check, change, after }: AtOnce): Promise<Spoken> {
    const { reconciler, told, keeper } = this.#parts;
    const edit = await reconciler.inTurn(async () => {
      const { overlay } = reconciler;
      check?.(overlay);
      const next = change(overlay);
      if (typeof next === "string") return next;
      await reconciler.put(next, BY_AN_OPERATOR);
      told.said(next, part, Object.keys(said));
      await after?.();
      return next;
    });
    if (typeof edit === "string") return refused(edit);
    return { kind: "done", stored: await keeper.eventually(edit) };
  }

  /** Keeps an edit, then puts it in a turn; what is refused there is not kept. No turn waits for the store. */
  async #durably<Any extends Edit>(changing: Changing<Any>): Promise<Spoken> {
    const { place, check, change, reason = BY_AN_OPERATOR, after } = changing;
    const { clock, keeper, reconciler } = this.#parts;
    const sinceMs = clock.wallMs();
    const wanted = () => {
      const { overlay } = reconciler;
      check?.(overlay);
      return change(overlay, sinceMs);
    };
    const put = async (edit: Any) => {
      await reconciler.put(edit, reason);
      await after?.();
    };
    const kept = await keeper.durably({ place, wanted, put });
    return typeof kept === "string" ? refused(kept) : { kind: "done", ...kept };
  }

  #drain(pool: string, backend: string, withinMs: number): Promise<Outcome> {
    return this.#parts.plane.order({ kind: "drain", pool, backend, withinMs });
  }
}

function refused(why: Refused): Spoken {
  return { kind: "refused", why };
}
