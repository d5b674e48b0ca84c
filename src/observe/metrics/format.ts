import { type OpenMetricsContentType, type PrometheusContentType, Registry } from "prom-client";

/** The two formats in which metrics are told. */
export type Format = "text" | "openmetrics";

/** The content type of each format. */
export const contentTypes: Readonly<Record<Format, PrometheusContentType | OpenMetricsContentType>> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/** The format that an Accept header asks for: OpenMetrics 1.0 where that is at least as welcome as text, else text. */
export function formatFor(accept: string | undefined): Format {
  const wishes = (accept ?? "").split(",").map(wishOf);
  const wanted = (type: string) =>
    Math.max(0, ...wishes.filter((wish) => wish.type === type).map(({ quality }) => quality));
  const open = wanted("application/openmetrics-text");
  return open > 0 && open >= wanted("text/plain") ? "openmetrics" : "text";
}

function wishOf(part: string): { readonly type: string; readonly quality: number } {
  const [type = "", ...parameters] = part.split(";").map((each) => each.trim().toLowerCase());
  const values = new Map(parameters.map((each) => each.split("=", 2) as [string, string]));
  const quality = Number(values.get("q") ?? 1);
  const isKnown = type === "text/plain" || (values.get("version") ?? "1.0.0") === "1.0.0";
  return { type, quality: isKnown && quality > 0 ? quality : 0 };
}
