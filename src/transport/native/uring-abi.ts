/**
 * What the calls of io_uring take and give, the same on x64 and arm64 (linux/io_uring.h of Linux 6.1). Of a structure stands here
 * where its 32-bit words are, counted from its beginning.
 */

/** The flags of a ring (io_uring_setup(2)). */
export const SETUP_CQSIZE = 1 << 3;
export const SETUP_SUBMIT_ALL = 1 << 7;
export const SETUP_SINGLE_ISSUER = 1 << 12;
/** Known since Linux 6.1, and an invalid argument before. */
export const SETUP_DEFER_TASKRUN = 1 << 13;

/** struct io_uring_params. */
export const PARAMETERS = {
  bytes: 120,
  submissionEntries: 0,
  completionEntries: 1,
  flags: 2,
  /** Where each of these is in the memory that both queues share, in bytes. */
  submissionTail: 11,
  submissionArray: 16,
  completionHead: 20,
  completionTail: 21,
  completionTable: 25,
} as const;

/** Where the memory of a ring is in its descriptor. */
export const QUEUES_AT = 0;
export const ENTRIES_AT = 0x10000000;

/** struct io_uring_sqe; an address, an offset and the data of its owner have two words each, the lower first. */
export const ENTRY = {
  bytes: 64,
  operation: 0,
  descriptor: 1,
  offset: 2,
  address: 4,
  length: 6,
  flags: 7,
  low: 8,
  high: 9,
  group: 10,
} as const;

/** struct io_uring_cqe. */
export const COMPLETION = { bytes: 16, low: 0, high: 1, result: 2, flags: 3 } as const;

/** Of the first word of an entry: the operation, what is common to all, and what an operation has of its own. */
const word = (operation: number, common: number, own: number) => operation | (common << 8) | (own << 16);
const BUFFER_SELECT = 1 << 5;
const SKIP_SUCCESS = 1 << 6;
const POLL_FIRST = 1;
const RECEIVE_MULTISHOT = 2;
const ACCEPT_MULTISHOT = 1;

export const NOTHING = word(0, 0, 0);
export const POLL = word(6, 0, 0);
/** As the length of a POLL: it goes on. */
export const POLL_MULTI = 1;
/** With no offset it ends when its time is over, as ETIME. */
export const TIMEOUT = word(11, 0, 0);
export const ACCEPT = word(13, 0, 0);
export const ACCEPT_MANY = word(13, 0, ACCEPT_MULTISHOT);
/** Tells nothing of a success. */
export const CANCEL = word(14, SKIP_SUCCESS, 0);
export const CONNECT = word(16, 0, 0);
/** Tells nothing of a success. */
export const CLOSE = word(19, SKIP_SUCCESS, 0);
export const SEND = word(26, 0, 0);
/** Receives what is there, or waits for it. */
export const RECEIVE = word(27, BUFFER_SELECT, 0);
/** Receives what will come: to look first whether something is there would mostly be in vain. */
export const RECEIVE_LATER = word(27, BUFFER_SELECT, POLL_FIRST);
export const RECEIVE_MANY = word(27, BUFFER_SELECT, POLL_FIRST | RECEIVE_MULTISHOT);

/** The flags of a completion; the number of a buffer is in its upper half. */
export const HAS_BUFFER = 1;
/** The operation goes on, and more completions of it come. */
export const HAS_MORE = 2;
/** There is more to receive. */
export const IS_NOT_EMPTY = 4;
export const BUFFER_SHIFT = 16;

/** The flags of io_uring_enter(2). */
export const ENTER_GETEVENTS = 1;
export const ENTER_REGISTERED_RING = 1 << 4;

/** Operations of io_uring_register(2). */
export const REGISTER_RING_FDS = 20;
export const UNREGISTER_RING_FDS = 21;
export const REGISTER_PBUF_RING = 22;

/** struct io_uring_rsrc_update, by which a ring is registered. */
export const RING_UPDATE = { bytes: 16, number: 0, descriptor: 2 } as const;
/** Has the kernel choose the number. */
export const ANY_NUMBER = -1;

/** struct io_uring_buf_reg. */
export const BUFFER_RING = { bytes: 40, address: 0, entries: 2, group: 3 } as const;
/** struct io_uring_buf; its number is the lower half of a word whose upper half is, in the first of them, the ring's tail. */
export const BUFFER = { bytes: 16, address: 0, length: 2, number: 3, tailHalf: 7 } as const;
