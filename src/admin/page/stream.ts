import { refusalIn } from "./refusal.ts";
import type { Message } from "./wire.ts";

/** What is known of the line to the balancer. */
export type Link =
  | { readonly kind: "connecting" }
  | { readonly kind: "live"; readonly mayWrite: boolean; readonly missedMs: number }
  | { readonly kind: "lost"; readonly sinceMs: number; readonly why: string | undefined }
  | { readonly kind: "refused"; readonly wrong: boolean };

/** Who is told of what comes. */
export interface Listening {
  /** `first`: it has all there is, not only what changed. */
  message(message: Message, first: boolean): void;
  link(link: Link): void;
}

const UNAUTHORIZED = 401;
const SILENT_MS = 5_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 4_000;

/** Reads events for as long as the page is open: what was lost is begun anew until it is back. */
export class Stream {
  readonly #listening: Listening;
  #token: string | null;
  #lostSinceMs: number | undefined;
  #retryMs = FIRST_RETRY_MS;
  #attempt = new AbortController();

  constructor(listening: Listening, token: string | null) {
    this.#listening = listening;
    this.#token = token;
    void this.#run(this.#attempt);
  }

  /** Begins anew with another token, or with none. */
  use(token: string | null): void {
    this.#token = token;
    this.#attempt.abort();
    this.#attempt = new AbortController();
    this.#retryMs = FIRST_RETRY_MS;
    this.#listening.link({ kind: "connecting" });
    void this.#run(this.#attempt);
  }

  async #run(attempt: AbortController): Promise<void> {
    while (!attempt.signal.aborted) {
      const { wantsToken, why } = await this.#read(attempt).catch((): End => ({}));
      if (wantsToken || attempt.signal.aborted) return;
      this.#lostSinceMs ??= Date.now();
      this.#listening.link({ kind: "lost", sinceMs: this.#lostSinceMs, why });
      await new Promise((resolve) => setTimeout(resolve, this.#retryMs));
      this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
    }
  }

  /** Reads one stream to its end. */
  async #read({ signal }: AbortController): Promise<End> {
    const silence = new AbortController();
    const headers = this.#token === null ? {} : { authorization: `Bearer ${this.#token}` };
    let alarm: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(alarm);
      alarm = setTimeout(() => silence.abort(), SILENT_MS);
    };
    heard();
    try {
      const response = await fetch("/api/v1/events", {
        headers,
        cache: "no-store",
        signal: AbortSignal.any([signal, silence.signal]),
      });
      if (response.status === UNAUTHORIZED) {
        this.#listening.link({ kind: "refused", wrong: this.#token !== null });
        return { wantsToken: true };
      }
      if (!response.ok || response.body === null) return { why: await refusalIn(response) };
      let first = true;
      for await (const message of messages(response.body, heard)) {
        if (signal.aborted) return {};
        if (first) this.#begun(response.headers.get("lb-right") === "write");
        this.#listening.message(message, first);
        first = false;
      }
      return {};
    } finally {
      clearTimeout(alarm);
    }
  }

  #begun(mayWrite: boolean): void {
    const missedMs = this.#lostSinceMs === undefined ? 0 : Date.now() - this.#lostSinceMs;
    this.#lostSinceMs = undefined;
    this.#retryMs = FIRST_RETRY_MS;
    this.#listening.link({ kind: "live", mayWrite, missedMs });
  }
}

/** Why a stream is over; nothing where it broke off. */
interface End {
  readonly wantsToken?: true;
  readonly why?: string;
}

/** The events of a stream, of which each has one line of data; `heard` is called with each part of one, however slowly they come. */
async function* messages(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<Message> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  const parts: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    parts.push(value);
    // A large event comes in many chunks: they are joined once it is whole.
    if (!value.includes("\n")) continue;
    const events = parts.splice(0).join("").split("\n\n");
    const rest = events.pop();
    if (rest !== undefined && rest !== "") parts.push(rest);
    for (const event of events)
      if (event.startsWith("data: ")) yield JSON.parse(event.slice("data: ".length)) as Message;
  }
}
