/** What each code of a dial that failed on our side means to an operator; the codes are the transport's. */
const SENTENCES: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL:
    "localAddress is not an address of this machine, the machine has none of the backend's family, or no port towards the backend is free",
  EADDRINUSE: "no port towards the backend is free",
  EINVAL: "localAddress is of another family than the backend's address",
  EMFILE: "this process has as many files open as it may: raise it (ulimit -n)",
  ENFILE: "this machine has as many files open as it can",
  ENOBUFS: "the system has no memory for another socket",
  ENOMEM: "the system has no memory for another socket",
};

/** A sentence for a person; the code itself where there is none. */
export function explainOwnFault(code: string): string {
  return SENTENCES[code] ?? code;
}
