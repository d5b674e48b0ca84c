import { expect, test } from "vitest";
import { lookUp } from "#lb/core/look-up";

test("a text that cannot be a name of the DNS is the name of nothing, and no reason to ask again soon", async () => {
  await expect(lookUp(`${"a".repeat(64)}.example`)).rejects.toMatchObject({ code: "ENOTFOUND" });
});
