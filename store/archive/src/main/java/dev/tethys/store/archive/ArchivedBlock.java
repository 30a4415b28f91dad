package dev.tethys.store.archive;

import java.util.List;

/** Block of Tethys or Prometheus, read from its first series to its last, by one thread. */
public interface ArchivedBlock extends AutoCloseable {
  String ulid();

  /** First millisecond of its range, inclusive. */
  long minTime();

  /** End of its range, exclusive. */
  long maxTime();

  /** Samples, as the block says. */
  long samples();

  /** Series, as the block says. */
  long series();

  /** Chunks, as the block says. */
  long chunks();

  /** Size of its files in bytes. */
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
