import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { ClientError, connectError, connectionError } from "./client-error.ts";

const LARGEST_BODY_BYTES = 1024 * 1024;

/** One HTTP request and the whole of its answer, up to 1 MiB, within the timeout; rejects with a ClientError. */
export async function httpExchange(
  options: RequestOptions,
  { timeoutMs, body }: { readonly timeoutMs: number; readonly body: string | undefined },
): Promise<{ readonly status: number; readonly body: string }> {
  const call = request(options);
  let connected = false;
  call.once("socket", (socket) => {
    connected = !socket.connecting;
    socket.once("connect", () => {
      connected = true;
    });
  });
  const timer = setTimeout(() => call.destroy(late(connected)), timeoutMs);
  try {
    call.end(body);
    const response = await responseTo(call);
    return { status: response.statusCode ?? 0, body: await bodyOf(response) };
  } catch (error) {
    throw worded(error as Error, connected);
  } finally {
    clearTimeout(timer);
  }
}

function responseTo(call: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.once("response", resolve);
    call.on("error", reject);
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const part of response) {
    text += part;
    if (text.length > LARGEST_BODY_BYTES) throw carried(new ClientError("mismatch", "an answer over 1 MiB"));
  }
  return text;
}

/** Node's streams end with an Error, so a ClientError travels as its cause. */
function carried(cause: ClientError): Error {
  return new Error(cause.word, { cause });
}

function late(connected: boolean): Error {
  return carried(new ClientError(connected ? "response-timeout" : "connect-timeout"));
}

function worded(error: NodeJS.ErrnoException, connected: boolean): ClientError {
  if (error.cause instanceof ClientError) return error.cause;
  if (!connected) return connectError(error);
  if (error.code?.startsWith("HPE_")) return new ClientError("mismatch", "expected an answer in HTTP");
  // Node's own words for a FIN where an answer, or the rest of one, was due.
  if (error.message === "socket hang up" || error.message === "aborted") return new ClientError("eof");
  return connectionError(error);
}
