package dev.tethys.store.archive;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.SampleBuffer;

/** Receives chunks of a block. */
@FunctionalInterface
public interface ChunkVisitor {
  /**
   * Receives a chunk.
   *
   * @param samples all of its samples, in a reused buffer
   * @param bytes encoded samples, without length, encoding and checksum
   */
  void chunk(Labels labels, SampleBuffer samples, int bytes);
}
