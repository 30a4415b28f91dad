package dev.tethys.store.profiles;

import dev.tethys.model.profiles.Samples;
import java.util.Arrays;

/** Buffers of one append, which a later one uses again. Not thread-safe. */
final class AppendBuffers {
  final StackHashes hashes = new StackHashes();
  final Samples samples = new Samples();
  private int[] nodes = {};

  /** An array of at least {@code length} elements, the first {@code length} of which are 0. */
  int[] zeros(int length) {
    if (nodes.length < length) {
      nodes = new int[length];
    } else {
      Arrays.fill(nodes, 0, length, 0);
    }
    return nodes;
  }

  /** Returns the length of the arrays in bytes. */
  long capacity() {
    return hashes.capacity() + samples.capacity() + 4L * nodes.length;
  }
}
