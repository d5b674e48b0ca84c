#!/usr/bin/env node
import { holdSignals } from "./command/signals.ts";

// Loading all else takes longer than a signal.
holdSignals();
await import("./main.ts");
