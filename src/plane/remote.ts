import type { Matcher } from "../contract/admission.ts";
import type { ClientsSample, ClientTokens, PressedClient } from "../contract/clients.ts";
import type { DecisionLog, DecisionQuery } from "../contract/decision.ts";
import type { HistogramSample } from "../contract/histogram.ts";
import type { Order, Outcome } from "../contract/order.ts";
import type { Sample, SampleOf, SessionSample, Totals } from "../contract/sample.ts";
import type { Applied, Change, Snapshot } from "../contract/snapshot.ts";
import { Calls } from "./calls.ts";
import type { FromPlane, Port, ToPlane } from "./messages.ts";
import type { Plane, ReportsListener } from "./plane.ts";
import { Subscribers } from "./subscribers.ts";

/** A Plane at the other end of a channel, where an Answerer stands for it. */
export class RemotePlane implements Plane {
  readonly #port: Port;
  readonly #calls: Calls;
  readonly #subscribers = new Subscribers();
  #recording = false;

  constructor(port: Port) {
    this.#port = port;
    this.#calls = new Calls(port);
  }

  apply(snapshot: Snapshot): Promise<Applied> {
    return this.#calls.ask("apply", snapshot);
  }

  change(change: Change): Promise<Outcome> {
    return this.#calls.ask("change", change);
  }

  order(order: Order): Promise<Outcome> {
    return this.#calls.ask("order", order);
  }

  sample(of?: SampleOf): Promise<Sample> {
    return this.#calls.ask("sample", of);
  }

  totals(): Promise<Totals> {
    return this.#calls.ask("totals");
  }

  sessions(limit: number): Promise<readonly SessionSample[]> {
    return this.#calls.ask("sessions", limit);
  }

  session(id: string): Promise<SessionSample | undefined> {
    return this.#calls.ask("session", id);
  }

  clients(ids?: readonly string[]): Promise<readonly ClientTokens[]> {
    return this.#calls.ask("clients", ids);
  }

  blocksTaken(blocks: readonly Matcher[], besides: string): Promise<readonly Matcher[]> {
    return this.#calls.ask("blocksTaken", blocks, besides);
  }

  pressedClients(most: number): Promise<readonly PressedClient[]> {
    return this.#calls.ask("pressedClients", most);
  }

  clientTotals(most: number): Promise<ClientsSample> {
    return this.#calls.ask("clientTotals", most);
  }

  loopDelay(): Promise<HistogramSample> {
    return this.#calls.ask("loopDelay");
  }

  decisions(query: DecisionQuery): Promise<DecisionLog> {
    return this.#calls.ask("decisions", query);
  }

  close(options: { readonly graceMs: number }): Promise<number> {
    return this.#calls.ask("close", options);
  }

  subscribe(listener: ReportsListener, wanted: { readonly records: boolean }): Disposable {
    const subscription = this.#subscribers.add(listener, wanted);
    this.#tellWhetherRecordsAreWanted();
    return {
      [Symbol.dispose]: () => {
        subscription[Symbol.dispose]();
        this.#tellWhetherRecordsAreWanted();
      },
    };
  }

  /** A message came from the other end. */
  hear(message: FromPlane): void {
    if (message.kind !== "reports") this.#calls.hear(message);
    else {
      this.#subscribers.tell(message.batch);
      this.#post({ kind: "taken" });
    }
  }

  /** There is no other end any more: every call rejects with this from now on. */
  end(error: Error): void {
    this.#calls.end(error);
  }

  #tellWhetherRecordsAreWanted(): void {
    const { recording } = this.#subscribers;
    if (recording === this.#recording) return;
    this.#recording = recording;
    this.#post({ kind: "records", wanted: recording });
  }

  #post(message: ToPlane): void {
    this.#port.postMessage(message);
  }
}
