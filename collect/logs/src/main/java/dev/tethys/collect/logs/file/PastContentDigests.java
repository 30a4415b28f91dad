package dev.tethys.collect.logs.file;

import java.util.ArrayList;
import java.util.List;

/**
 * Digests of the content that a file held before it was truncated, which distinguish a copy from a
 * new log. Thread-safe.
 */
final class PastContentDigests {
  /** Maximum number of remembered truncations. */
  private static final int MOST = 4;

  private final List<Checkpoint> ends = new ArrayList<>(); // latest first
  private final List<UnsettledContent> unsettled = new ArrayList<>();

  /** End of a copy that was read in an epoch. */
  private record UnsettledContent(Checkpoint end, int epoch) {}

  /** End positions of the most recent contents. */
  synchronized List<Checkpoint> ends() {
    return List.copyOf(ends);
  }

  /** Records the end position of a content, for a reader that finds a copy. */
  synchronized void ended(Checkpoint c) {
    ends.addFirst(c);
    if (ends.size() > MOST) {
      ends.removeLast();
    }
  }

  /** Remembers that a copy was read to its end; later processes know it once that is delivered. */
  synchronized void addUnsettled(Checkpoint end, int epoch) {
    unsettled.add(new UnsettledContent(end, epoch));
  }

  /** Ends of copies that were completely delivered before an epoch; each is returned once. */
  synchronized List<Checkpoint> delivered(int epoch) {
    List<Checkpoint> out = new ArrayList<>();
    while (!unsettled.isEmpty() && unsettled.getFirst().epoch < epoch) {
      out.add(unsettled.removeFirst().end);
    }
    return out;
  }
}
