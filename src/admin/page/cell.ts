import { element } from "./dom.ts";
import { duration } from "./format.ts";
import type { LiveBackend } from "./world.ts";

/** What a row is drawn from. */
export interface RowItem {
  readonly backend: LiveBackend;
  readonly nowMs: number;
  /** Sessions of its pool now, by which its share is worked out. */
  readonly poolActive: number;
  /** Whether its pool is to be named. */
  readonly pooled: boolean;
  readonly mayWrite: boolean;
}

/** What a row's buttons ask for. */
export interface RowWishes {
  state(backend: LiveBackend, state: "ready" | "drain" | "maint"): void;
  /** Resolves when it was said, or refused. */
  weight(backend: LiveBackend, weight: number): Promise<void>;
}

/** A cell of a row, with its label for where columns have no heads. */
export function cell(className: string, label: string, ...content: Node[]): HTMLTableCellElement {
  const made = element("td", className, ...content);
  made.setAttribute("role", "cell");
  made.dataset.label = label;
  return made;
}

/** How long ago that was. */
export function ago(iso: string, nowMs: number): string {
  return duration(nowMs - Date.parse(iso));
}

/** Whose word it is. */
export function sourceWord(source: string): string {
  return source === "file" ? "the file" : source === "api" ? "an operator" : `a ${source}`;
}
