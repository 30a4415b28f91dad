package dev.tethys.store.archive;

import java.util.List;

/** Block of Tethys or Prometheus, read from its first series to its last, by one thread. */
public interface ArchivedBlock extends AutoCloseable {
  String ulid();

  /** Returns the first millisecond of its range, inclusive. */
  long minTime();

  /** Returns the end of its range, exclusive. */
  long maxTime();

  /** Returns the number of samples recorded in the block. */
  long samples();

  /** Returns the number of series recorded in the block. */
  long series();

  /** Returns the number of chunks recorded in the block. */
  long chunks();

  /** Returns the size of its files in bytes. */
  long bytes();

  /** Returns the bucket length of a downsampled block in milliseconds; 0 for samples. */
  default long resolution() {
    return 0;
  }

  /**
   * Returns all series with the samples that are not deleted; once. Unreadable data is omitted and
   * listed in {@link #problems} afterwards.
   */
  void forEach(SeriesVisitor to, Progress progress);

  /**
   * Returns all chunks, series by series, including deleted samples; instead of {@link #forEach},
   * and once.
   *
   * @throws IllegalArgumentException for a downsampled block
   */
  void forEachChunk(ChunkVisitor to, Progress progress);

  /** Parts that could not be read, each with the file and, if known, the offset. */
  List<String> problems();

  @Override
  void close();
}
