package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Streams that fit the matchers of a query, numbered as they are found. Filled by one thread, read
 * by any afterwards.
 */
final class SelectedStreams {
  private final StreamRegistry registry;
  private final List<Matcher> matchers;
  private final List<Labels> selected = new ArrayList<>();
  private final StreamValues indexes;

  SelectedStreams(StreamRegistry registry, List<Matcher> matchers) {
    this.registry = registry;
    this.matchers = matchers;
    indexes = new StreamValues(this::select);
  }

  /** Returns the selection index of a registered stream, or -1. */
  int of(int stream) {
    return (int) indexes.of(stream);
  }

  private long select(int stream) {
    Labels labels = registry.labels(stream);
    if (!Matcher.matchAll(matchers, labels)) {
      return -1;
    }
    selected.add(labels);
    return selected.size() - 1L;
  }

  /**
   * Returns the index in the selection by the numbers of a registry, which may be an earlier one.
   */
  @SuppressWarnings("ReferenceEquality")
  IntUnaryOperator indexOf(StreamRegistry other) {
    if (other == registry) {
      return this::of;
    }
    StreamValues known = new StreamValues(s -> of(registry.intern(other.labels(s))));
    return stream -> (int) known.of(stream);
  }

  /** Labels by index. */
  List<Labels> labels() {
    return selected;
  }
}
