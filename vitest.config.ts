import { defineConfig } from "vitest/config";

/** What is slow by nature: browsers, terminals, programs of others, comparisons, crowds, storms, and waits of many seconds. */
const LONG = [
  "test/admin/patience.test.ts",
  "test/command/node-versions.test.ts",
  "test/deploy-examples.test.ts",
  "test/flow/long-run.test.ts",
  "test/flow/real-clients.test.ts",
  "test/flow/reload-thousands.test.ts",
  "test/flow/soak.test.ts",
  "test/flow/steered-under-load.test.ts",
  "test/health/services.test.ts",
  "test/operate/top/top.test.ts",
  "test/page/live.test.ts",
  "test/page/pictures.test.ts",
  "test/page/told.test.ts",
  "test/pool/scale.test.ts",
  "test/references/**/*.test.ts",
  "test/store/postgres.test.ts",
  "test/stress/bench.test.ts",
  "test/stress/compare.test.ts",
  "test/stress/graph.test.ts",
  "test/stress/live.test.ts",
  "test/stress/output.test.ts",
];
/** What is drawn from seeds: a few of them always, and many in the long mode. */
const DRAWN = [
  "test/control/interleaved.test.ts",
  "test/control/shared.test.ts",
  "test/flow/random-walk.test.ts",
  "test/flow/transports.test.ts",
];
/** In worker threads, as the data plane is: there one has to wait in an engine, and to end while it does. */
const IN_THREADS = "test/transport/**/*.test.ts";
/** Rules of parts, which leave nothing behind in their process: one after the other in the same, for a start takes longer than most. */
const RULES =
  "test/{admin,admission,algorithms,config,control,core,live,pool,proxy-protocol,standing}/**/*.test.ts";

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
      { extends: true, test: { name: "thread", pool: "threads", include: [IN_THREADS] } },
      {
        extends: true,
        test: {
          name: "rules",
          isolate: false,
          unstubEnvs: true,
          restoreMocks: true,
          include: [RULES],
          exclude: LONG,
        },
      },
      {
        extends: true,
        test: { name: "process", include: ["test/**/*.test.ts"], exclude: [IN_THREADS, RULES, ...LONG] },
      },
      { extends: true, test: { name: "long", include: [...LONG, ...DRAWN] } },
    ],
  },
});
