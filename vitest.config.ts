import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two files at a time: the flow tests start processes of their own, and the reference machine has two cores.
    maxWorkers: 2,
    reporters: ["default", "json"],
    outputFile: { json: "coverage/results.json" },
  },
});
