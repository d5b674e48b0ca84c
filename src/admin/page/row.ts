import type { RowItem, RowWishes } from "./cell.ts";
import { element, type Piecework, setAttribute } from "./dom.ts";
import { rate as perSecond, whole } from "./format.ts";
import { healthCell, nameCell } from "./found-cells.ts";
import { numberCell, shareCell } from "./number-cells.ts";
import { actionsCell, weightCell } from "./said-cells.ts";
import { fileCell, wantedCell } from "./wanted-cells.ts";
import { stateOf } from "./world.ts";

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

function openOf({ backend: { told } }: RowItem): string {
  return whole(told.active);
}

function newOf({ backend: { rate } }: RowItem): string {
  return perSecond(rate.perSec);
}
