import { z } from "zod";
import { field, partOrOff } from "../value.ts";
import { path, postgresUrl, text } from "../values.ts";

const node = field(text("a name", 128))
  .optional()
  .describe(
    "Whose words about backends, and whose tokens, these are; default: the host's name. Two balancers of one host need two.",
  );

/** Where what was said over the API outlives a restart. */
export const store = partOrOff(
  z.discriminatedUnion(
    "kind",
    [
      z.strictObject({
        kind: z.literal("file").meta({ expected: "file" }).describe("A JSON file, written whole each time."),
        path: field(path).describe("Where, relative to where the balancer was started."),
        node,
      }),
      z.strictObject({
        kind: z.literal("postgres").meta({ expected: "postgres" }).describe("A PostgreSQL database."),
        url: field(postgresUrl).describe(
          "postgres://user:password@host:port/database; the password is never shown.",
        ),
        node,
      }),
    ],
    { error: "file | postgres" },
  ),
);
