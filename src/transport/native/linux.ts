import { constants } from "node:os";

/** What the kernel's calls take and give, the same on x64 and arm64 (asm-generic); the errors are in `constants.errno` of Node. */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;

export const SOCK_STREAM = 1;
/** The flags of a socket that never blocks and that no child inherits (socket(2), accept4(2), pipe2(2)). */
export const SOCK_NONBLOCK_CLOEXEC = 0x80800;
/** The same without the first of them, also of open(2) for reading and epoll_create1(2). */
export const CLOEXEC = 0x80000;

export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;

export const IPPROTO_IP = 0;
export const IP_BIND_ADDRESS_NO_PORT = 24;

export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_QUICKACK = 12;

export const SHUT_WR = 1;
export const SHUT_RDWR = 2;
export const MSG_DONTWAIT = 0x40;
/** A write to what is closed is an error of the call, and no signal (send(2)). */
export const MSG_NOSIGNAL = 0x4000;

export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
/** As the sign bit of a word. */
export const EPOLLET = 0x80000000 | 0;

export const POLLIN = 0x1;
export const POLLERR = 0x8;
export const POLLHUP = 0x10;

export const F_SETFL = 4;
export const O_NONBLOCK = 0x800;
export const F_DUPFD_CLOEXEC = 1030;
export const F_SETPIPE_SZ = 1031;
export const SPLICE_MOVE_NONBLOCK = 3;

export const {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  ECANCELED,
  ECONNABORTED,
  ECONNRESET,
  EINPROGRESS,
  EINTR,
  EINVAL,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENOSYS,
  EPERM,
  EPIPE,
  ETIME,
} = constants.errno;

/** Where the words of an epoll_event are: its events, what it belongs to (two words), and the next one. */
export interface EventLayout {
  readonly descriptor: number;
  readonly generation: number;
  readonly stride: number;
}

/** On x64 the structure is packed (epoll_ctl(2), `__EPOLL_PACKED`), elsewhere its data is aligned to 8 bytes. */
export function eventLayoutOf(architecture: string): EventLayout {
  return architecture === "x64"
    ? { descriptor: 1, generation: 2, stride: 3 }
    : { descriptor: 2, generation: 3, stride: 4 };
}
