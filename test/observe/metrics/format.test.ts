import { expect, test } from "vitest";
import { formatFor } from "#lb/observe/metrics/format";

const PROMETHEUS =
  "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";

test.each([
  ["what Prometheus asks for", PROMETHEUS, "openmetrics"],
  ["OpenMetrics alone", "application/openmetrics-text", "openmetrics"],
  ["OpenMetrics in capitals", "Application/OpenMetrics-Text; Version=1.0.0", "openmetrics"],
  ["text before OpenMetrics", "application/openmetrics-text;q=0.3, text/plain;q=0.9", "text"],
  ["no OpenMetrics, please", "application/openmetrics-text;q=0, */*", "text"],
  ["another OpenMetrics", "application/openmetrics-text;version=0.0.1", "text"],
  ["a browser", "text/html,application/xhtml+xml,*/*;q=0.8", "text"],
  ["curl", "*/*", "text"],
  ["nothing", undefined, "text"],
  ["an empty header", "", "text"],
  ["garbage", ";;q=x,,=,application/openmetrics-text;q=many", "text"],
])("%s gets its format", (_, accept, format) => {
  expect(formatFor(accept)).toBe(format);
});
