import { ago, cell, type RowItem, sourceWord } from "./cell.ts";
import { element, type Piecework, setAttribute, setText } from "./dom.ts";
import { duration, whole } from "./format.ts";
import { glyph } from "./glyph.ts";
import type { Backend } from "./wire.ts";

/** What is wanted of a backend, since when and by whose word, and how far its drain is. */
export function wantedCell(): Piecework<RowItem> {
  const [mark, word, since, small] = [glyph(), element("b"), element("span", "since"), element("small")];
  const bar = element("progress", "drain");
  bar.max = 1;
  bar.setAttribute("aria-label", "drained");
  const root = cell("of-wanted", "Wanted", element("span", "state", mark.root, word, since), small, bar);
  return {
    root,
    draw({ backend, nowMs }) {
      const { told } = backend;
      const { state } = told.administrative;
      const shape = ({ ready: "up", drain: "draining", maint: "maint" } as const)[state.value];
      mark.draw(shape);
      setAttribute(root, "data-state", state.value === "ready" ? "ready" : shape);
      setText(word, state.value);
      setText(since, ago(state.since, nowMs));
      const draining = state.value === "drain";
      const { drainedFrom } = backend;
      bar.hidden = !draining || drainedFrom === undefined;
      bar.value = 1 - told.active / Math.max(1, drainedFrom ?? 0);
      setText(small, draining ? drainWords(told, nowMs) : `by ${sourceWord(state.source)}`);
    },
  };
}

function drainWords({ active, drainEnds }: Backend, nowMs: number): string {
  if (active === 0) return "no session left";
  const left = `${whole(active)} left`;
  return drainEnds === null ? left : `${left}, ${duration(Date.parse(drainEnds) - nowMs + 999)}`;
}

/** What the file says of it. */
export function fileCell(): Piecework<RowItem> {
  const [word, small] = [element("span"), element("small")];
  const root = cell("of-file", "In the file", element("span", "state", word), small);
  return {
    root,
    draw({ backend: { told } }) {
      const { configured, source } = told;
      setText(word, source === "file" ? configured.state : source === "api" ? "added" : source);
      const most = configured.maxConnections === "off" ? "" : `, at most ${configured.maxConnections}`;
      setText(small, `weight ${configured.weight}${most}`);
    },
  };
}
