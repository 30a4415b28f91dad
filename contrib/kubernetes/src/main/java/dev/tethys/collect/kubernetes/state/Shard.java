package dev.tethys.collect.kubernetes.state;

/**
 * Part of the objects, chosen by the hash of their common labels.
 *
 * @param index from 0
 * @param total number of parts
 */
public record Shard(int index, int total) {
  /** All objects. */
  public static final Shard ALL = new Shard(0, 1);

  /** Most parts. */
  public static final int MAX_TOTAL = 1024;

  /** Checks the numbers. */
  public Shard {
    if (total < 1 || total > MAX_TOTAL || index < 0 || index >= total) {
      throw new IllegalArgumentException(
          "shard is "
              + index
              + " of "
              + total
              + "; it must be from 0 to total_shards - 1, of 1 to "
              + MAX_TOTAL);
    }
  }
}
