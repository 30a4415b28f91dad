package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * Streams that fit the matchers of a query, numbered as they are found. Filled by one thread, read
 * by any afterwards.
 */
final class SelectedStreams {
  private static final int UNKNOWN = -2;

  private final StreamRegistry registry;
  private final List<Matcher> matchers;
  private final List<Labels> selected = new ArrayList<>();
  private int[] index = new int[64];

  SelectedStreams(StreamRegistry registry, List<Matcher> matchers) {
    this.registry = registry;
    this.matchers = matchers;
    Arrays.fill(index, UNKNOWN);
  }

  /** Index in the selection of a stream of the registry, or -1. */
  int of(int stream) {
    if (stream >= index.length) {
      int before = index.length;
      index = Arrays.copyOf(index, Math.max(stream + 1, before * 2));
      Arrays.fill(index, before, index.length, UNKNOWN);
    }
    int i = index[stream];
    if (i == UNKNOWN) {
      i = -1;
      Labels labels = registry.labels(stream);
      if (fits(labels)) {
        i = selected.size();
        selected.add(labels);
      }
      index[stream] = i;
    }
    return i;
  }

  /** Index in the selection by the numbers of a registry, which may be an earlier one. */
  @SuppressWarnings("ReferenceEquality")
  IntUnaryOperator indexOf(StreamRegistry other) {
    if (other == registry) {
      return this::of;
    }
    int[] known = new int[other.size()];
    Arrays.fill(known, UNKNOWN);
    return stream -> {
      if (known[stream] == UNKNOWN) {
        known[stream] = of(registry.intern(other.labels(stream)));
      }
      return known[stream];
    };
  }

  private boolean fits(Labels labels) {
    for (Matcher m : matchers) {
      if (!m.matches(labels)) {
        return false;
      }
    }
    return true;
  }

  /** Labels by index. */
  List<Labels> labels() {
    return selected;
  }
}
