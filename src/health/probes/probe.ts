import type { Endpoint } from "../../core/address.ts";
import type { ProbeFailure } from "../answer.ts";
import type { Talk } from "../talk.ts";

/**
 * Prepares what a backend is asked; `asked` is its address as the file has it, with the port that is probed. The conversation
 * then rejects where the connection breaks off. Its time is limited from outside: the connection is closed, and every answer
 * is over.
 */
export type Probe<Settings> = (settings: Settings, asked: Endpoint) => Conversation;

/** Asks a backend that has been connected to. */
export type Conversation = (talk: Talk) => Promise<ProbeFailure>;
