import { z } from "zod";
import { field, isMapping } from "../value.ts";
import { alias, duration, ipAddress, name, range, text, variable, wholeNumber } from "../values.ts";

const template = z
  .strictObject({
    command: z
      .array(field(text("a word", 4_096)))
      .min(1)
      .max(100)
      .describe("The program and its arguments; {host} and {port} are filled in. No shell reads it."),
    pool: field(name).describe("The pool that copies become backends of."),
    ports: field(range("a port range", 1, 65_535)).describe("The ports copies may get."),
    count: field(wholeNumber(0, 1_000)).prefault(0).describe("Copies that run from the start."),
    host: field(ipAddress).prefault("127.0.0.1").describe("The address that copies listen on."),
    env: z
      .record(field(variable), field(text("a value", 32_768)))
      .prefault({})
      .describe("The environment of a copy, beside PATH; it gets nothing else of the balancer's."),
    aliases: z
      .array(field(alias))
      .max(100)
      .prefault([])
      .describe("Other names of the template, for `type` of /api/private/addNewCopy."),
    grace: field(duration("0ms"))
      .prefault("10s")
      .describe("How long a copy's sessions may take to finish, and then it itself after SIGTERM."),
  })
  .refine(({ ports, count }) => !Array.isArray(ports) || !(count > ports[1] - ports[0] + 1), {
    path: ["count"],
    error: "no more copies than there are ports",
    when: isMapping,
  });

/** Templates of servers, each by its name. */
export const servers = z.record(field(name), template);
