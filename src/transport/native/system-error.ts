import { getSystemErrorName } from "node:util";
import { type Endpoint, formatEndpoint } from "../../core/address.ts";

/** The system's word for an error number (ECONNREFUSED …). */
export function codeOf(errno: number): string {
  return getSystemErrorName(-errno);
}

/** The error of a call that failed for an endpoint, as Node makes it. */
export function systemError(syscall: string, errno: number, endpoint: Endpoint): NodeJS.ErrnoException {
  const code = codeOf(errno);
  const where =
    endpoint.kind === "unix" ? { address: endpoint.path } : { address: endpoint.host, port: endpoint.port };
  return Object.assign(new Error(`${syscall} ${code} ${formatEndpoint(endpoint)}`), {
    errno: -errno,
    code,
    syscall,
    ...where,
  });
}
