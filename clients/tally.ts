import type { Outcome } from "./outcome.ts";
import { table } from "./table.ts";

interface ServerRow {
  answers: number;
  totalMs: number;
  minMs: number;
  maxMs: number;
}

interface ErrorRow {
  count: number;
  detail: string;
}

/** Counts outcomes, by server and by error. */
export class Tally {
  readonly #servers = new Map<string, ServerRow>();
  readonly #errors = new Map<string, ErrorRow>();
  answered = 0;
  failed = 0;

  add(outcome: Outcome): void {
    if ("answer" in outcome) this.#addAnswer(outcome.answer.server, outcome.ms);
    else this.#addError(outcome.error);
  }

  /** Aligned columns: a row per server, and below them a row per error, where there are any. */
  report(serverTitle: string): string {
    const parts = [];
    if (this.#servers.size > 0) parts.push(this.#serverTable(serverTitle));
    if (this.#errors.size > 0) parts.push(this.#errorTable());
    return parts.join("\n\n");
  }

  #addAnswer(server: string, ms: number): void {
    this.answered++;
    const row = this.#servers.get(server) ?? { answers: 0, totalMs: 0, minMs: Infinity, maxMs: 0 };
    row.answers++;
    row.totalMs += ms;
    row.minMs = Math.min(row.minMs, ms);
    row.maxMs = Math.max(row.maxMs, ms);
    this.#servers.set(server, row);
  }

  #addError({ word, detail }: { readonly word: string; readonly detail: string }): void {
    this.failed++;
    this.#errors.set(word, { count: (this.#errors.get(word)?.count ?? 0) + 1, detail });
  }

  #serverTable(title: string): string {
    const rows = [...this.#servers]
      .sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }))
      .map(([server, { answers, totalMs, minMs, maxMs }]) => [
        server,
        String(answers),
        `${((100 * answers) / this.answered).toFixed(1)}%`,
        ...[minMs, totalMs / answers, maxMs].map((ms) => ms.toFixed(2)),
      ]);
    return table([title, "answers", "share", "min ms", "mean ms", "max ms"], rows);
  }

  #errorTable(): string {
    const rows = [...this.#errors].map(([word, { count, detail }]) => [word, String(count), detail]);
    return table(["error", "count", "what it was, the last time"], rows, [0, 2]);
  }
}
