package dev.tethys.codec.remote;

import dev.tethys.model.GoQuote;
import dev.tethys.model.LabelNames;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns name and value ranges of a buffer, in any order, into a checked label set: sorted, no name
 * twice, everything UTF-8, empty values omitted. Sorting is n log n regardless of the input, so
 * that a hostile request costs no more than its size. Reusable; not for several threads
 * concurrently.
 */
final class LabelCollector {
  private int[] ranges = new int[64]; // nameOffset, nameLength, valueOffset, valueLength
  private int[] order = new int[16];
  private int[] scratch = new int[16];
  private int size;
  private byte[] buf = {};

  void reset(byte[] buffer) {
    buf = buffer;
    size = 0;
  }

  void add(int nameOffset, int nameLength, int valueOffset, int valueLength) {
    int at = size * 4;
    if (at == ranges.length) {
      ranges = Arrays.copyOf(ranges, at * 2);
    }
    ranges[at] = nameOffset;
    ranges[at + 1] = nameLength;
    ranges[at + 2] = valueOffset;
    ranges[at + 3] = valueLength;
    size++;
  }

  private int compareNames(int a, int b) {
    int x = a * 4;
    int y = b * 4;
    return Arrays.compareUnsigned(
        buf, ranges[x], ranges[x] + ranges[x + 1], buf, ranges[y], ranges[y] + ranges[y + 1]);
  }

  private void sort() {
    if (order.length < size) {
      order = new int[size * 2];
      scratch = new int[size * 2];
    }
    boolean ascending = true;
    for (int i = 0; i < size; i++) {
      order[i] = i;
      ascending &= i == 0 || compareNames(i - 1, i) <= 0;
    }
    if (ascending) {
      return;
    }
    int[] from = order;
    int[] to = scratch;
    for (int width = 1; width < size; width *= 2) {
      for (int lo = 0; lo < size; lo += 2 * width) {
        int mid = Math.min(lo + width, size);
        int hi = Math.min(lo + 2 * width, size);
        int i = lo;
        int j = mid;
        for (int k = lo; k < hi; k++) {
          to[k] =
              i < mid && (j >= hi || compareNames(from[i], from[j]) <= 0) ? from[i++] : from[j++];
        }
      }
      int[] t = from;
      from = to;
      to = t;
    }
    order = from;
    scratch = to;
  }

  /** The labels of a series, which must have a metric name. */
  Labels series() {
    return labels(true);
  }

  /** Labels without a required metric name: labels of exemplars and of read responses. */
  Labels any() {
    return labels(false);
  }

  private Labels labels(boolean isSeries) {
    sort();
    boolean named = false;
    boolean invalid = false;
    int duplicate = -1;
    int bytes = 0;
    for (int k = 0; k < size; k++) {
      int at = order[k] * 4;
      int nl = ranges[at + 1];
      int vl = ranges[at + 3];
      if (nl == 0 || !Utf8.isValid(buf, ranges[at], nl) || !Utf8.isValid(buf, ranges[at + 2], vl)) {
        invalid = true;
      }
      if (isName(ranges[at], nl)) {
        named = vl > 0;
      }
      if (duplicate < 0 && k > 0 && compareNames(order[k - 1], order[k]) == 0) {
        duplicate = order[k];
      }
      if (vl > 0) {
        bytes += lengthSize(nl) + nl + lengthSize(vl) + vl;
      }
    }
    if (invalid || isSeries && !named) {
      throw new InvalidLabelsException("invalid metric name or labels, got " + text());
    }
    if (duplicate >= 0) {
      throw new InvalidLabelsException(
          "invalid labels for series, labels "
              + text()
              + ", duplicated label "
              + string(ranges[duplicate * 4], ranges[duplicate * 4 + 1]));
    }
    byte[] out = new byte[bytes];
    int p = 0;
    for (int k = 0; k < size; k++) {
      int at = order[k] * 4;
      if (ranges[at + 3] > 0) {
        p = put(out, p, ranges[at], ranges[at + 1]);
        p = put(out, p, ranges[at + 2], ranges[at + 3]);
      }
    }
    return Labels.ofCanonicalBytes(out);
  }

  private static final byte[] NAME = Labels.METRIC_NAME.getBytes(StandardCharsets.UTF_8);

  private boolean isName(int offset, int length) {
    return Arrays.equals(buf, offset, offset + length, NAME, 0, NAME.length);
  }

  private static int lengthSize(int n) {
    return n < 1 << 7 ? 1 : n < 1 << 14 ? 2 : n < 1 << 21 ? 3 : n < 1 << 28 ? 4 : 5;
  }

  private int put(byte[] out, int p, int offset, int length) {
    int n = length;
    while (n >= 0x80) {
      out[p++] = (byte) (n | 0x80);
      n >>>= 7;
    }
    out[p++] = (byte) n;
    System.arraycopy(buf, offset, out, p, length);
    return p + length;
  }

  private String string(int offset, int length) {
    return new String(buf, offset, length, StandardCharsets.UTF_8);
  }

  private String text() {
    StringBuilder sb = new StringBuilder("{");
    for (int k = 0; k < size && sb.length() < InvalidLabelsException.MAX_TEXT; k++) {
      int at = order[k] * 4;
      if (k > 0) {
        sb.append(", ");
      }
      String name = cut(ranges[at], ranges[at + 1]);
      if (LabelNames.isLegacyLabelName(name)) {
        sb.append(name);
      } else {
        GoQuote.append(sb, name);
      }
      GoQuote.append(sb.append('='), cut(ranges[at + 2], ranges[at + 3]));
    }
    return sb.append('}').toString();
  }

  private String cut(int offset, int length) {
    return string(offset, Math.min(length, InvalidLabelsException.MAX_TEXT));
  }
}
