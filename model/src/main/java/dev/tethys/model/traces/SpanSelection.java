package dev.tethys.model.traces;

import java.util.List;

/** Spans of a time range, unchanged until closed. */
public interface SpanSelection extends AutoCloseable {
  /** Parts of the data, in no order. They can be scanned in parallel, each by one thread. */
  List<SpanSegment> segments();

  /**
   * Damage because of which spans may be missing or incomplete, by file; empty if there is none.
   * Damage to a segment is known once it was read.
   */
  default List<String> warnings() {
    return List.of();
  }

  @Override
  void close();
}
