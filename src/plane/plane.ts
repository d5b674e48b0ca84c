import type { AlgorithmName } from "../algorithms/index.ts";
import type { Endpoint } from "../core/address.ts";
import type { AdministrativeState } from "../core/backend.ts";
import type { SessionRecord } from "../core/session.ts";
