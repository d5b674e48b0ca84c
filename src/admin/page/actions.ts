import { byId, setText } from "./dom.ts";
import { refusalIn } from "./refusal.ts";

const SHOWN_MS = 6_000;
const ANSWER_MS = 10_000;

/** Asks the API as the user of this page; tells what it refuses. */
export class Actions {
  #token: string | null = null;
  #mayWrite = false;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  /** Whether words may be said now. */
  get mayWrite(): boolean {
    return this.#mayWrite;
  }

  /** From now on. */
  as(token: string | null, mayWrite: boolean): void {
    this.#token = token;
    this.#mayWrite = mayWrite;
  }

  /** The answer's body, or undefined where it was refused. */
  async ask<T>(method: string, path: string, body?: unknown): Promise<T | undefined> {
    const headers: Record<string, string> = {};
    if (this.#token !== null) headers.authorization = `Bearer ${this.#token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    try {
      const response = await fetch(path, {
        method,
        headers,
        cache: "no-store",
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (response.ok) return (await response.json()) as T;
      this.tell(await refusalIn(response), "bad");
    } catch {
      this.tell("The balancer does not answer.", "bad");
    }
    return undefined;
  }

  /** Says something to the user for a while. */
  tell(words: string, tone: "plain" | "bad" = "plain"): void {
    const told = byId("told");
    told.dataset.tone = tone;
    setText(told, words);
    clearTimeout(this.#hiding);
    this.#hiding = setTimeout(() => setText(told, ""), SHOWN_MS);
  }
}

/** Asks the user; resolves with whether the answer is yes. */
export function agreed(question: string): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>("question");
  setText(byId("question-words"), question);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
