/** What a code of the system means. */
interface Meaning {
  /** Of a dial that failed with it: nothing listens there, nothing answered, or this machine is short of what a dial needs. */
  readonly dial?: "refused" | "timeout" | "local";
  /** Of an address, a path or a name that could not be used: a sentence that follows it. */
  readonly subject?: string;
  /** Of a dial that failed on our side, to an operator: a sentence. */
  readonly ownFault?: string;
}

const NO_PORT = "no port towards the backend is free";
const NO_MEMORY = "the system has no memory for another socket";

/** The codes of the system that have a meaning for us; each reader says what becomes of any other. */
export const systemErrors: Readonly<Partial<Record<string, Meaning>>> = {
  ECONNREFUSED: { dial: "refused" },
  // Where a unix socket is dialled, there is no file of it.
  ENOENT: { dial: "refused", subject: "does not exist" },
  ETIMEDOUT: { dial: "timeout" },
  EADDRNOTAVAIL: {
    dial: "local",
    subject: "is not an address of this machine",
    ownFault: `localAddress is not an address of this machine, the machine has none of the backend's family, or ${NO_PORT}`,
  },
  EADDRINUSE: {
    dial: "local",
    subject: "is taken; end what listens there, or choose another port (0 picks a free one)",
    ownFault: NO_PORT,
  },
  EMFILE: {
    dial: "local",
    ownFault: "this process has as many files open as it may: raise it (ulimit -n)",
  },
  ENFILE: { dial: "local", ownFault: "this machine has as many files open as it can" },
  ENOBUFS: { dial: "local", ownFault: NO_MEMORY },
  ENOMEM: { dial: "local", ownFault: NO_MEMORY },
  EINVAL: { ownFault: "localAddress is of another family than the backend's address" },
  EAFNOSUPPORT: { subject: "is of a family that this machine does not speak" },
  ENOTSOCK: { subject: "is there already and is no socket; choose another path" },
  EACCES: { subject: "may not be used by this user" },
  EPERM: { subject: "may not be used by this user" },
  EISDIR: { subject: "is a folder, expected a file" },
  ENOTDIR: { subject: "is not a folder" },
  ENAMETOOLONG: { subject: "is too long a name" },
  ENOSPC: {
    dial: "local",
    subject: "cannot be written: the disk is full",
    ownFault: "this user may watch no more descriptors: raise it (sysctl fs.epoll.max_user_watches)",
  },
  EDQUOT: { subject: "cannot be written: this user's share of the disk is full" },
  EROFS: { subject: "cannot be written: the disk is read-only" },
  ENOTFOUND: { subject: "is an unknown name" },
  EAI_AGAIN: { subject: "could not be looked up: no name server answered" },
};
