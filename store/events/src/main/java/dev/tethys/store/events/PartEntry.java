package dev.tethys.store.events;

/**
 * A part as the manifest lists it.
 *
 * @param tenant owner of its rows
 * @param id unique in the store, ascending
 * @param partition day of its rows since 1970, or {@link #MIXED}
 * @param generation generation of the head that held its newest data; a deletion applies to parts
 *     up to its own generation
 * @param size bytes of the file
 * @param rows number of rows
 * @param bytes bytes of the rows before compression
 * @param first time of the oldest row
 * @param last time of the newest row
 */
public record PartEntry(
    String tenant,
    long id,
    long partition,
    long generation,
    long size,
    long rows,
    long bytes,
    long first,
    long last) {
  /** Partition of rows of many days. */
  public static final long MIXED = Long.MIN_VALUE;

  /** True if a time range, its end exclusive, may hold rows of the part. */
  public boolean overlaps(long from, long to) {
    return first < to && last >= from;
  }
}
