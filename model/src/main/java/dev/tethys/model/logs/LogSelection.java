package dev.tethys.model.logs;

import dev.tethys.model.Labels;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Streams selected by a query and the segments with their rows, unchanged until closed. */
public interface LogSelection extends AutoCloseable {
  /** Labels of the selected streams; rows refer to them by index. */
  List<Labels> streams();

  /** Parts of the data, in no order. They can be scanned in parallel, each by one thread. */
  List<LogSegment> segments();

  /** Damage because of which rows may be missing, by file; empty if there is none. */
  default List<String> warnings() {
    return List.of();
  }

  /**
   * Patterns of a few rows, by row: bodies with {@code <_>} for each variable part. More of their
   * words remain than in {@link LogSegment#patterns}, which are found in blocks of many rows.
   *
   * @return null if the store finds patterns in segments only
   */
  default String @Nullable [] patterns(LogBatch rows) {
    return null;
  }

  @Override
  void close();
}
