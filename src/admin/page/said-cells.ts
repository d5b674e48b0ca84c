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
  /** What was asked for and is not answered yet, so that each of several quick presses counts. */
  let wanted: number | undefined;
  let unanswered = 0;
  const by = async (step: number) => {
    if (shown === undefined) return;
    wanted = Math.max(0, (wanted ?? shown.told.administrative.weight.value) + step);
    setText(number, String(wanted));
    unanswered += 1;
    await weight(shown, wanted);
    unanswered -= 1;
  };
  less.addEventListener("click", () => void by(-1));
  more.addEventListener("click", () => void by(1));
  return {
    root,
    draw({ backend, mayWrite }) {
      shown = backend;
      const { value: told, source } = backend.told.administrative.weight;
      if (unanswered === 0) wanted = undefined;
      const value = wanted ?? told;
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
