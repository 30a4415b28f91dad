package dev.tethys.api.prometheus;

import java.util.concurrent.ArrayBlockingQueue;

/**
 * Pool of buffers for response chunks: a new buffer would be most of the garbage of a small
 * response and would not be in the processor's cache.
 */
final class ChunkBuffers {
  /** Buffer size in bytes. */
  static final int SIZE = 1 << 16;

  /** Maximum number of idle buffers; more are discarded. */
  private static final int KEPT = 4;

  private static final ArrayBlockingQueue<byte[]> FREE = new ArrayBlockingQueue<>(KEPT);

  private ChunkBuffers() {}

  /** Returns a buffer with arbitrary content. */
  static byte[] take() {
    byte[] b = FREE.poll();
    return b == null ? new byte[SIZE] : b;
  }

  /** Returns a buffer, which must no longer be used; a buffer of another size is ignored. */
  static void release(byte[] buffer) {
    if (buffer.length == SIZE) {
      FREE.offer(buffer);
    }
  }
}
