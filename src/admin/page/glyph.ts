import { drawn } from "./dom.ts";

/** What a backend is, in one word: what is wanted of it where that is not `ready`, else what was found. */
export type State = "up" | "down" | "ejected" | "draining" | "maint" | "nowhere";

/** A shape of its own for each state, within a box of 12: colour is not the only sign. */
export const shapes: Readonly<Record<State, string>> = {
  up: "M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z",
  down: "M2.2 3.6L3.6 2.2L6 4.6L8.4 2.2L9.8 3.6L7.4 6L9.8 8.4L8.4 9.8L6 7.4L3.6 9.8L2.2 8.4L4.6 6z",
  ejected: "M6 1.2L11.2 10.6H.8z",
  draining: "M1.5 2.5h9L6 10.5z",
  maint: "M2 2h8v8h-8z",
  nowhere: "M6 1L11 6L6 11L1 6z",
};

/** The shape of a state, which can be given another one. */
export function glyph(): { readonly root: SVGSVGElement; draw(state: State): void } {
  const root = drawn("svg", {
    viewBox: "0 0 12 12",
    width: 11,
    height: 11,
    "aria-hidden": "true",
    class: "glyph",
  });
  const path = drawn("path");
  root.append(path);
  return {
    root,
    draw(state) {
      if (root.dataset.state === state) return;
      root.dataset.state = state;
      path.setAttribute("d", shapes[state]);
    },
  };
}
