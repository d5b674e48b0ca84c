import { Deferred } from "../../core/deferred.ts";
import { type IdleSweep, Watched } from "../idle-sweep.ts";
import type { Relay, Relayed, RelayOptions, Witness } from "../transport.ts";
import type { Receiver, SocketConnection } from "./connection.ts";

/** One direction: what `from` receives, `to` is sent, and `from` waits while `to` has no room. */
class Flow implements Receiver {
  constructor(
    readonly from: SocketConnection,
    readonly to: SocketConnection,
    readonly relay: SocketRelay,
    readonly passing: "asked" | "answered",
    public witness: Witness | undefined,
  ) {}

  /** Received, and not yet taken by the kernel. */
  get held(): number {
    return this.from.socket.readableLength + this.to.socket.writableLength;
  }

  /** Grows with each byte received, again when the kernel has taken it, and with the FIN. */
  get progress(): number {
    return 2 * this.from.bytesRead - this.to.socket.writableLength + Number(this.from.peerFinished);
  }

  received(chunk: Buffer): void {
    if (this.witness !== undefined) this.#passes();
    if (!this.to.send(chunk)) this.from.socket.pause();
  }

  finished(): void {
    this.relay.finished(this);
  }

  drained(): void {
    this.relay.drained(this);
  }

  closed(broken: boolean): void {
    this.relay.closed(this, broken);
  }

  #passes(): void {
    const { witness, passing, relay } = this;
    this.witness = undefined;
    relay.tell(() => witness?.[passing]());
  }
}

/** Joins two sockets; see Relay for what it promises, and `endings` for what each end means to either side. */
export class SocketRelay extends Watched implements Relay {
  readonly #up: Flow;
  readonly #down: Flow;
  readonly #options: RelayOptions;
  readonly #sweep: IdleSweep;
  readonly #done = new Deferred<Relayed>();
  #thrown: { readonly error: unknown } | undefined;
  #open = 2;
  #verdict: Relayed | undefined;

  constructor(client: SocketConnection, backend: SocketConnection, options: RelayOptions, sweep: IdleSweep) {
    super();
    this.#options = options;
    this.#sweep = sweep;
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

  /** A slow reader is not a silent one, and the fin timeout begins with the FIN. */
  get progress(): number {
    return this.#up.progress + this.#down.progress;
  }

  get quietMs(): number {
    return this.#halfClosed ? this.#options.finMs : this.#options.idleMs;
  }

  get #halfClosed(): boolean {
    return this.#up.from.peerFinished || this.#down.from.peerFinished;
  }

  quiet(): void {
    this.#decide(this.#halfClosed ? "fin-timeout" : "idle");
    this.#endBoth();
  }

  cut(how: "end" | "reset"): void {
    this.#decide("cut");
    if (how === "end") this.#endBoth();
    else this.#resetBoth();
  }

  finished(flow: Flow): void {
    if (this.#verdict !== undefined) return;
    if (flow === this.#down) this.#tellHangup();
    if (this.#options.halfClose) {
      flow.to.finish();
    } else {
      this.#decide("done");
      this.#up.from.end();
      // Its place is wanted: what it still sends is read by nobody.
      this.#down.from.close();
    }
  }

  drained(flow: Flow): void {
    // The flow's own `from` has room again, so the other direction may go on.
    const opposite = flow === this.#up ? this.#down : this.#up;
    opposite.from.socket.resume();
  }

  closed(flow: Flow, broken: boolean): void {
    if (broken) this.#broken(flow);
    if (flow === this.#down) this.tell(() => this.#options.witness?.vacated(this.#brokeAtOnce));
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#decide("done");
    if (this.#thrown !== undefined) this.#done.reject(this.#thrown.error);
    else this.#done.resolve(this.#verdict as Relayed);
  }

  /** Tells a witness something; what it throws is the end of this relay, and of nothing else. */
  tell(news: () => void): void {
    try {
      news();
    } catch (error) {
      this.#thrown ??= { error };
      this.cut("reset");
    }
  }

  get #brokeAtOnce(): boolean {
    return this.#verdict === "backend-reset" && this.bytesOut === 0;
  }

  /** Where the client has finished, the backend may. */
  #tellHangup(): void {
    if (!this.#up.from.peerFinished) this.tell(() => this.#options.witness?.hungUp());
  }

  #broken(flow: Flow): void {
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
