package dev.tethys.model.logs;

import dev.tethys.model.Labels;
import java.util.List;

/** Streams that a query selected and the segments with their rows, unchanged until closed. */
public interface LogSelection extends AutoCloseable {
  /** Labels of the selected streams; rows refer to them by index. */
  List<Labels> streams();

  /** Parts of the data, in no order. They can be scanned in parallel, each by one thread. */
  List<LogSegment> segments();

  /** Damage by which rows may be absent, by the file; empty if there is none. */
  default List<String> warnings() {
    return List.of();
  }

  @Override
  void close();
}
