package dev.tethys.pipeline.archive;

/**
 * Place in an archive.
 *
 * @param segment number of a segment; 0 is before the first
 * @param offset byte of the segment at which a record starts
 */
public record ArchivePosition(long segment, long offset) implements Comparable<ArchivePosition> {
  /** Before everything. */
  public static final ArchivePosition START = new ArchivePosition(0, 0);

  @Override
  public int compareTo(ArchivePosition other) {
    int n = Long.compare(segment, other.segment);
    return n != 0 ? n : Long.compare(offset, other.offset);
  }
}
