import { backendFamilies } from "./backends.ts";
import { clientFamilies } from "./clients.ts";
import { controlFamilies } from "./control.ts";
import type { Family } from "./family.ts";
import { listenerFamilies } from "./listeners.ts";
import { poolFamilies } from "./pools.ts";
import { processFamilies } from "./process.ts";

/** Every metric there is, in the order in which they are told. */
export const families: readonly Family[] = [
  ...listenerFamilies,
  ...poolFamilies,
  ...backendFamilies,
  ...clientFamilies,
  ...controlFamilies,
  ...processFamilies,
];
