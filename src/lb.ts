#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { holdSignals } from "./command/signals.ts";

// Loading all else takes longer than a signal.
holdSignals();
// V8 learns in the first thousand sessions, while their sockets still outlive a small collection, that such objects live
// long, and puts them among the old ones from then on: dead, they keep each later session alive until a full collection.
setFlagsFromString("--no-allocation-site-pretenuring");
// Few sessions are young when V8 collects: to wake other threads for them takes longer than to do it here, ten times where these get no core.
setFlagsFromString("--no-parallel-scavenge");
await import("./main.ts");
