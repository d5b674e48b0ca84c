import type { Chart, ChartDataset, LegendItem, Plugin } from "chart.js";
import { drawPoint } from "chart.js/helpers";
import { INK } from "./frame.ts";
import type { Look } from "./look.ts";

const LINE_PX = 44;
const MARKER_PX = 14;
const ROOM_BELOW_PX = 10;

/** A legend of lines: a piece of each with its marker on it; chart.js by itself shows only the one or the other. */
export const lineLegend: Plugin<"line"> = {
  id: "line-legend",
  beforeInit(chart) {
    prepare(chart as unknown as Chart, lineItem, LINE_PX);
  },
  afterDraw({ ctx, legend, data }) {
    const { legendHitBoxes, legendItems } = legend as unknown as LaidOut;
    for (const [i, { left, top, height }] of legendHitBoxes.entries()) {
      const dataset = data.datasets[legendItems[i]?.datasetIndex ?? -1] as ChartDataset<"line">;
      const look = { colour: dataset.borderColor as string, marker: dataset.pointStyle as Look["marker"] };
      drawMarker(ctx, look, left + LINE_PX / 2, top + height / 2);
    }
  },
};

/** A legend of bars: the marker that each of the run's bars carries. */
export const barLegend: Plugin<"bar"> = {
  id: "bar-legend",
  beforeInit: (chart) => prepare(chart as unknown as Chart, barItem, MARKER_PX),
};

/** Draws a run's marker, in its colour unless told another. */
export function drawMarker(
  ctx: Chart["ctx"],
  { colour, marker }: Pick<Look, "colour" | "marker">,
  x: number,
  y: number,
): void {
  ctx.save();
  ctx.fillStyle = ctx.strokeStyle = colour;
  ctx.lineWidth = 2;
  drawPoint(ctx, { pointStyle: marker, radius: 6, borderWidth: 2, rotation: 0 }, x, y);
  ctx.restore();
}

interface LaidOut {
  readonly legendHitBoxes: readonly {
    readonly left: number;
    readonly top: number;
    readonly height: number;
  }[];
  readonly legendItems: readonly LegendItem[];
}

function prepare(chart: Chart, item: (dataset: ChartDataset) => Partial<LegendItem>, symbolPx: number): void {
  const labels = chart.options.plugins?.legend?.labels;
  if (labels === undefined || chart.legend === undefined) return;
  labels.pointStyleWidth = symbolPx;
  labels.boxHeight = MARKER_PX * Math.SQRT1_2;
  labels.generateLabels = () =>
    chart.data.datasets.flatMap((dataset, datasetIndex) =>
      dataset.label ? { text: dataset.label, fontColor: INK, datasetIndex, ...item(dataset) } : [],
    );
  const { legend } = chart;
  const fit = legend.fit;
  legend.fit = () => {
    fit.call(legend);
    legend.height += ROOM_BELOW_PX;
  };
}

function lineItem(dataset: ChartDataset): Partial<LegendItem> {
  const { borderColor, borderDash } = dataset as ChartDataset<"line">;
  return {
    pointStyle: "line",
    strokeStyle: borderColor as string,
    lineWidth: 3,
    lineDash: (borderDash as number[]) ?? [],
  };
}

function barItem(dataset: ChartDataset): Partial<LegendItem> {
  const { backgroundColor, pointStyle } = dataset as ChartDataset<"bar"> & { pointStyle: Look["marker"] };
  return {
    pointStyle,
    fillStyle: backgroundColor as string,
    strokeStyle: backgroundColor as string,
    lineWidth: 2,
  };
}
