package dev.tethys.store.metrics.internal.head;

import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Size limits for the labels of one series. Bytes are those of the canonical form, see {@link
 * Labels}: names, values, and the length of each.
 */
final class LabelLimits {
  /** The longest label: it must fit into a page of the index. */
  static final int LABEL = ByteArena.PAGE;

  /** The most labels: so does the list of a series, in which each may take five bytes. */
  static final int LABELS = ByteArena.PAGE / 5;

  /**
   * The maximum number of bytes of all labels together: readers of {@link HeadSnapshot} believe no
   * more.
   */
  static final int BYTES = 1 << 20;

  /** Size up to which a label set is within all limits: every label has at least 4 bytes. */
  private static final int SURELY_FINE = 4 * LABELS;

  /** Number of reported characters of a name, which may be very long itself. */
  private static final int MOST_TOLD = 100;

  private LabelLimits() {}

  /** Exceeded limit of a series, as a sentence that names its metric; null if it has none. */
  static @Nullable String problem(Labels labels) {
    int bytes = labels.canonicalBytes().length;
    if (bytes <= SURELY_FINE) {
      return null;
    }
    Longest longest = new Longest();
    labels.forEachBytes(longest);
    String what;
    if (longest.bytes > LABEL) {
      what =
          "its label %s takes %d bytes with its value, and the most is %d"
              .formatted(longest.name, longest.bytes, LABEL);
    } else if (longest.labels > LABELS) {
      what = "it has %d labels, and the most is %d".formatted(longest.labels, LABELS);
    } else if (bytes > BYTES) {
      what =
          "its labels take %d bytes together, and the most is %d; the longest is %s with %d"
              .formatted(bytes, BYTES, longest.name, longest.bytes);
    } else {
      return null;
    }
    return "a series of metric %s is refused: %s. Shorten or drop labels where they come from, or by relabelling"
        .formatted(quoted(labels.metricName()), what);
  }

  private static String quoted(String name) {
    return name.length() <= MOST_TOLD
        ? '"' + name + '"'
        : '"' + name.substring(0, MOST_TOLD) + "\"… (" + name.length() + " characters)";
  }

  /** Finds the longest label and counts all. */
  private static final class Longest implements Labels.ByteVisitor {
    private int labels;
    private int bytes;
    private String name = "";
    private int start;

    @Override
    public void label(byte[] b, int nameAt, int nameLength, int valueAt, int valueLength) {
      labels++;
      int end = valueAt + valueLength;
      if (end - start > bytes) {
        bytes = end - start;
        name = quoted(new String(b, nameAt, nameLength, StandardCharsets.UTF_8));
      }
      start = end;
    }
  }
}
