/** Below glibc's DEFAULT_MMAP_THRESHOLD_MAX of 32 MiB: from larger blocks glibc does not adapt its threshold. */
const BLOCK_BYTES = 31 * 1024 * 1024;

/**
 * Keeps glibc from giving memory back to the kernel between two reads, only to fault the same pages in again: freeing
 * one large block makes it raise its trim threshold to twice that size (mallopt(3), M_MMAP_THRESHOLD). Each read
 * of Node allocates up to 64 KiB; without this a bulk transfer pays for up to thirty page faults per read. The block is
 * never touched, so it takes no memory; elsewhere than on glibc this does nothing.
 */
export function raiseTrimThreshold(): void {
  const { buffer } = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  const { port1: port } = new MessageChannel();
  port.close();
  // What is moved to a closed port is freed at once; a collector would take its time.
  port.postMessage(buffer, [buffer]);
}
