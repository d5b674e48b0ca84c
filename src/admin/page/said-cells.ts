import { cell, type RowItem, type RowWishes, sourceWord } from "./cell.ts";
import { element, type Piecework, setAttribute, setText } from "./dom.ts";
import type { LiveBackend } from "./world.ts";

const STATES = [
  ["ready", "Ready"],
  ["drain", "Drain"],
  ["maint", "Maint"],
] as const;

/** The weight, to change. */
export function weightCell({ weight }: RowWishes): Piecework<RowItem> {
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

/** What may be wanted, to press. */
export function actionsCell({ state }: RowWishes): Piecework<RowItem> {
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
