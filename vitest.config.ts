import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two files at a time: the flow tests start processes of their own, and the reference machine has two cores.
    maxWorkers: 2,
    reporters: ["default", "json"],
    outputFile: { json: "coverage/results.json" },
    projects: [
      {
        extends: true,
        // In worker threads, as the data plane is: there one has to wait in an engine, and to end while it does.
        test: { name: "thread", pool: "threads", include: ["test/transport/**/*.test.ts"] },
      },
      {
        extends: true,
        test: {
          name: "process",
          pool: "forks",
          include: ["test/**/*.test.ts"],
          exclude: ["test/transport/**"],
        },
      },
    ],
  },
});
