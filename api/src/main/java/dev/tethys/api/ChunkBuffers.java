package dev.tethys.api;

import java.util.concurrent.ArrayBlockingQueue;

/**
 * Buffers for pieces of answers, used again: one of these is most of what a small answer would
 * leave to the collector, and the processor's cache would have to take each new one in.
 */
final class ChunkBuffers {
  /** Bytes of a buffer. */
  static final int SIZE = 1 << 16;

  /** How many wait; those beyond go. */
  private static final int KEPT = 4;

  private static final ArrayBlockingQueue<byte[]> FREE = new ArrayBlockingQueue<>(KEPT);

  private ChunkBuffers() {}

  /** A buffer with anything in it. */
  static byte[] take() {
    byte[] b = FREE.poll();
    return b == null ? new byte[SIZE] : b;
  }

  /** Gives a buffer back, which nobody may touch any more; others than those of here just go. */
  static void give(byte[] buffer) {
    if (buffer.length == SIZE) {
      FREE.offer(buffer);
    }
  }
}
