import { element, type Piecework, setAttribute, setText } from "./dom.ts";
import { duration, percent, rate, time, whole } from "./format.ts";
import { glyph } from "./glyph.ts";
import type { Backend } from "./wire.ts";
import { type LiveBackend, stateOf } from "./world.ts";

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
  weight(backend: LiveBackend, weight: number): void;
}

const STATES = [
  ["ready", "Ready"],
  ["drain", "Drain"],
  ["maint", "Maint"],
] as const;
const WORDS = { nowhere: "no address", draining: "draining" } as const;

/** One backend: its three layers, its numbers, and what may be said of it. */
export function row(wishes: RowWishes): Piecework<RowItem> {
  const parts = [
    nameCell(),
    healthCell(),
    wantedCell(),
    fileCell(),
    numberCell("Open", openOf),
    numberCell("New/s", newOf),
    shareCell(),
    weightCell(wishes),
    actionsCell(wishes),
  ];
  const root = element("tr", "", ...parts.map((part) => part.root));
  root.setAttribute("role", "row");
  return {
    root,
    draw(item) {
      setAttribute(root, "data-state", stateOf(item.backend.told));
      for (const part of parts) part.draw(item);
    },
  };
}

function cell(className: string, label: string, ...content: Node[]): HTMLTableCellElement {
  const made = element("td", className, ...content);
  made.setAttribute("role", "cell");
  made.dataset.label = label;
  return made;
}

function nameCell(): Piecework<RowItem> {
  const [name, address] = [element("b"), element("small")];
  const root = element("th", "of-name", name, address);
  root.setAttribute("role", "rowheader");
  root.scope = "row";
  return {
    root,
    draw({ backend: { told, pool }, pooled }) {
      setText(name, pooled ? `${pool}/${told.name}` : told.name);
      const where = told.address ?? told.configured.address;
      setText(address, `${where === told.name ? "" : where}${told.configured.backup ? " backup" : ""}`);
      setAttribute(root, "title", `${pool}/${told.name} ${where}`);
    },
  };
}

function healthCell(): Piecework<RowItem> {
  const [mark, word, since, words] = [glyph(), element("b"), element("span", "since"), element("small")];
  const root = cell("of-health", "Found", element("span", "state", mark.root, word, since), words);
  return {
    root,
    draw({ backend: { told }, nowMs }) {
      const { operational } = told;
      const found = operational?.value ?? "nowhere";
      mark.draw(found);
      setAttribute(root, "data-state", found);
      setText(word, found === "nowhere" ? WORDS.nowhere : found);
      setText(since, operational === null ? "" : ago(operational.since, nowMs));
      const said = probeWords(told, nowMs);
      setText(words, said);
      setAttribute(words, "title", said);
    },
  };
}

/** The last probe and its words; where the backend is not up, why. */
function probeWords({ operational, probe, unresolved }: Backend, nowMs: number): string {
  if (operational === null) return unresolved ?? "";
  if (operational.value !== "up") return operational.reason;
  if (probe === null) return operational.source === "probe" ? operational.reason : "not probed";
  const when = `${ago(probe.at, nowMs)} ago`;
  return probe.failure === null
    ? `probe passed in ${time(probe.ms)}, ${when}`
    : `probe failed ${when}: ${probe.failure}`;
}

function wantedCell(): Piecework<RowItem> {
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
      bar.hidden = !draining;
      bar.value = backend.drainedFrom === 0 ? 1 : 1 - told.active / backend.drainedFrom;
      setText(small, draining ? drainWords(told, nowMs) : `by ${sourceWord(state.source)}`);
    },
  };
}

function drainWords({ active, drainEnds }: Backend, nowMs: number): string {
  if (active === 0) return "no session left";
  const left = `${whole(active)} left`;
  return drainEnds === null ? left : `${left}, ${duration(Date.parse(drainEnds) - nowMs + 999)}`;
}

function sourceWord(source: string): string {
  return source === "file" ? "the file" : source === "api" ? "an operator" : `a ${source}`;
}

function fileCell(): Piecework<RowItem> {
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

function numberCell(label: string, of: (item: RowItem) => string): Piecework<RowItem> {
  const text = element("span", "number");
  const root = cell("of-number", label, text);
  return { root, draw: (item) => setText(text, of(item)) };
}

function openOf({ backend: { told } }: RowItem): string {
  return whole(told.active);
}

function newOf({ backend: { perSec } }: RowItem): string {
  return rate(perSec);
}

function shareCell(): Piecework<RowItem> {
  const [bar, fair, words] = [element("span", "bar"), element("span", "fair"), element("small")];
  const root = cell("of-share", "Share", element("span", "track", bar, fair), words);
  return {
    root,
    draw({ backend: { told }, poolActive }) {
      const share = poolActive === 0 ? 0 : told.active / poolActive;
      bar.style.transform = `scaleX(${Math.min(1, share).toFixed(3)})`;
      fair.style.transform = `translateX(${(told.fairShare * 100).toFixed(1)}%)`;
      setText(words, `${percent(share)} of ${percent(told.fairShare)}`);
    },
  };
}

function weightCell({ weight }: RowWishes): Piecework<RowItem> {
  const number = element("span", "number");
  const [less, more] = [element("button", "step", "−"), element("button", "step", "+")];
  const root = cell("of-weight", "Weight", element("span", "weight", less, number, more));
  let shown: LiveBackend | undefined;
  const by = (step: number) => {
    if (shown !== undefined) weight(shown, Math.max(0, shown.told.administrative.weight.value + step));
  };
  less.addEventListener("click", () => by(-1));
  more.addEventListener("click", () => by(1));
  return {
    root,
    draw({ backend, mayWrite }) {
      shown = backend;
      const { value, source } = backend.told.administrative.weight;
      setText(number, String(value));
      setAttribute(root, "title", `said by ${sourceWord(source)}`);
      const { name } = backend.told;
      named(less, `Less weight for ${name}`, mayWrite && value > 0);
      named(more, `More weight for ${name}`, mayWrite);
    },
  };
}

function actionsCell({ state }: RowWishes): Piecework<RowItem> {
  let shown: LiveBackend | undefined;
  const buttons = STATES.map(([value, words]) => {
    const button = element("button", "", words);
    button.addEventListener("click", () => shown && state(shown, value));
    return [value, words, button] as const;
  });
  const group = element("span", "states", ...buttons.map(([, , button]) => button));
  group.setAttribute("role", "group");
  const root = cell("of-actions", "Say", group);
  return {
    root,
    draw({ backend, mayWrite }) {
      shown = backend;
      const { name, administrative } = backend.told;
      setAttribute(group, "aria-label", `What is wanted of ${name}`);
      for (const [value, words, button] of buttons) {
        named(button, `${words} ${name}`, mayWrite);
        setAttribute(button, "aria-pressed", String(administrative.state.value === value));
      }
    },
  };
}

function named(button: HTMLButtonElement, label: string, enabled: boolean): void {
  setAttribute(button, "aria-label", label);
  if (button.disabled === enabled) button.disabled = !enabled;
}

function ago(iso: string, nowMs: number): string {
  return duration(nowMs - Date.parse(iso));
}
