import { Deferred } from "../core/deferred.ts";
import { type IdleSweep, Watched } from "./idle-sweep.ts";
import type { Joinable, Receiver } from "./joinable.ts";
import type { Relay, Relayed, RelayOptions, Witness } from "./transport.ts";

/** One direction: what `from` receives is sent to `to`, and `from` waits while `to` has no room. */
class Flow<Chunk> implements Receiver<Chunk> {
  constructor(
    readonly from: Joinable<Chunk>,
    readonly to: Joinable<Chunk>,
    readonly relay: JoinedRelay<Chunk>,
    readonly firstByte: "asked" | "answered",
    public witness: Witness | undefined,
  ) {}

  /** Bytes that were received and that the kernel has not taken yet. */
  get held(): number {
    return this.from.withheld + this.to.queued;
  }

  /** Grows with each byte received, again when the kernel has taken it, and with the FIN. */
  get progress(): number {
    return 2 * this.from.bytesRead - this.to.queued + Number(this.from.peerFinished);
  }

  get onward(): Joinable<Chunk> | undefined {
    return this.witness === undefined ? this.to : undefined;
  }

  received(chunk: Chunk): void {
    if (this.witness !== undefined) this.#tellFirstByte();
    if (!this.to.send(chunk)) this.from.pause();
  }

  finished(): void {
    this.relay.finished(this);
  }

  drained(): void {
    this.relay.drained(this);
  }

  unwritable(): void {
    this.relay.unwritable(this);
  }

  closed(broken: boolean): void {
    this.relay.closed(this, broken);
  }

  #tellFirstByte(): void {
    const { witness, firstByte, relay } = this;
    this.witness = undefined;
    relay.tell(() => (firstByte === "asked" ? witness?.asked() : witness?.answered()));
  }
}

/** Joins two connections of one transport; see Relay for what it promises. */
export class JoinedRelay<Chunk> extends Watched implements Relay {
  /** From the client to the backend. */
  readonly #up: Flow<Chunk>;
  /** From the backend to the client. */
  readonly #down: Flow<Chunk>;
  readonly #options: RelayOptions;
  readonly #sweep: IdleSweep;
  readonly #told: () => void;
  readonly #done = new Deferred<Relayed>();
  #thrown: { readonly error: unknown } | undefined;
  #openSides = 2;
  #verdict: Relayed | undefined;

  /** `told` is called when the witness was told something: that may have settled promises of others. */
  constructor(
    client: Joinable<Chunk>,
    backend: Joinable<Chunk>,
    options: RelayOptions,
    sweep: IdleSweep,
    told: () => void = () => {},
  ) {
    super();
    this.#options = options;
    this.#sweep = sweep;
    this.#told = told;
    this.#up = new Flow(client, backend, this, "asked", options.witness);
    this.#down = new Flow(backend, client, this, "answered", options.witness);
    sweep.watch(this);
    client.join(this.#up);
    backend.join(this.#down);
  }

  get done(): Promise<Relayed> {
    return this.#done.promise;
  }

  get bytesIn(): number {
    return this.#up.from.bytesRead;
  }

  get bytesOut(): number {
    return this.#down.from.bytesRead;
  }

  get held(): number {
    return this.#up.held + this.#down.held;
  }

  /** Counts what a slow reader takes, and a FIN, since the fin timeout begins there. */
  get progress(): number {
    return this.#up.progress + this.#down.progress;
  }

  get quietMs(): number {
    return this.#halfClosed() ? this.#options.finMs : this.#options.idleMs;
  }

  #halfClosed(): boolean {
    return this.#up.from.peerFinished || this.#down.from.peerFinished;
  }

  /** Only now is a question of the kernel in sight: setting it up costs more than a short session's bytes. */
  still(): void {
    this.#up.from.keepAlive();
    this.#down.from.keepAlive();
  }

  quiet(): void {
    this.#decide(this.#halfClosed() ? "fin-timeout" : "idle");
    this.#endBoth();
  }

  cut(how: "end" | "reset"): void {
    this.#decide("cut");
    if (how === "end") this.#endBoth();
    else this.#resetBoth();
  }

  finished(flow: Flow<Chunk>): void {
    if (this.#verdict !== undefined) return;
    if (flow === this.#down) this.#tellHangup();
    if (flow.from.isUnwritable) this.#endAfterBreak(flow);
    else if (this.#options.halfClose) {
      flow.to.finish();
    } else {
      this.#decide("done");
      this.#up.from.end();
      // The backend's place is wanted, and what it still sends is not.
      this.#down.from.close();
    }
  }

  drained(flow: Flow<Chunk>): void {
    // The flow's own `from` has room again, so the other direction may go on.
    this.#opposite(flow).from.resume();
  }

  /** The other side goes on, into the void: only if it is read does its peer come to read what this one has answered. */
  unwritable(flow: Flow<Chunk>): void {
    this.#opposite(flow).from.resume();
  }

  closed(flow: Flow<Chunk>, broken: boolean): void {
    if (broken) this.#endAfterReset(flow);
    if (flow === this.#down) this.tell(() => this.#options.witness?.vacated(this.#brokeAtOnce()));
    this.#openSides -= 1;
    if (this.#openSides > 0) return;
    this.#decide("done");
    if (this.#thrown !== undefined) this.#done.reject(this.#thrown.error);
    else this.#done.resolve(this.#verdict as Relayed);
  }

  /** Tells the witness something; a throw of the witness ends this relay and nothing else. */
  tell(news: () => void): void {
    this.#told();
    try {
      news();
    } catch (error) {
      this.#thrown ??= { error };
      this.cut("reset");
    }
  }

  #brokeAtOnce(): boolean {
    return this.#verdict === "backend-reset" && this.bytesOut === 0;
  }

  /** Where the client has finished, the backend may. */
  #tellHangup(): void {
    if (!this.#up.from.peerFinished) this.tell(() => this.#options.witness?.hungUp());
  }

  #endAfterReset(flow: Flow<Chunk>): void {
    if (this.#verdict !== undefined) return;
    if (flow === this.#up) {
      this.#decide("client-reset");
      this.#down.from.reset();
    } else {
      if (!flow.from.peerFinished) this.#tellHangup();
      this.#decide("backend-reset");
      // A reset would destroy what the client has not read yet.
      this.#up.from.end();
    }
  }

  /** The peer is gone, and all that it had sent was received: that is delivered, and then its end. */
  #endAfterBreak(flow: Flow<Chunk>): void {
    this.#decide(flow === this.#up ? "client-reset" : "backend-reset");
    flow.to.end();
    flow.from.reset();
  }

  #opposite(flow: Flow<Chunk>): Flow<Chunk> {
    return flow === this.#up ? this.#down : this.#up;
  }

  #endBoth(): void {
    this.#up.from.end();
    this.#down.from.end();
  }

  #resetBoth(): void {
    this.#up.from.reset();
    this.#down.from.reset();
  }

  /** The first cause stays. */
  #decide(verdict: Relayed): void {
    this.#verdict ??= verdict;
    this.#sweep.release(this);
  }
}
