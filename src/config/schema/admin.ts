import { z } from "zod";
import { recordings } from "../../contract/decision.ts";
import { field, or, partOrOff } from "../value.ts";
import { block, httpHost, listenAddress, oneOf, path, placeName } from "../values.ts";

const tasks = z.strictObject({
  listener: field(placeName).optional().describe("The listener that tasks go through; default: the first."),
  protocol: field(oneOf(["http", "line"] as const))
    .optional()
    .describe("What the servers speak; default: http where the listener has `refuse: http`, else line."),
});

/** The HTTP API. */
export const admin = partOrOff(
  z.strictObject({
    listen: field(listenAddress).describe("Where the API, the metrics and the live page answer."),
    tokenFile: field(or("off", undefined, path))
      .prefault("off")
      .describe(
        "A file with a line `name read|write token` for each caller; made, with one token, where it is missing. Required beyond loopback.",
      ),
    hosts: z
      .array(field(httpHost))
      .max(100)
      .prefault([])
      .describe("Names by which callers may ask for it, besides addresses and localhost."),
    backends: z
      .array(field(block))
      .min(1)
      .max(1_000)
      .prefault(["0.0.0.0/0", "::/0"])
      .describe("Where backends that the API adds may be."),
    decisions: field(oneOf(recordings))
      .prefault("asked")
      .describe("Whether decisions are recorded for a minute after they were asked for, or always."),
    tasks: tasks.prefault({}).describe("How /api/v1/tasks and /getInfo reach the servers."),
  }),
);
