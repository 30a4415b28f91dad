package dev.tethys.model.regex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Automaton over the UTF-8 encodings of a set of code points. Equal tails are one node. Surrogates
 * are omitted, as UTF-8 does not encode them.
 *
 * <p>Node 0 is the end. The transitions of a node are triples: lowest byte, highest byte, target;
 * targets have lower numbers than their node, and the root is the last one.
 */
final class Utf8Shape {
  private static final int CONTINUATION = 0x80;
  private static final int[] BOUNDS = {0, 0xD7FF, 0xE000, CharSet.MAX};

  private final List<int[]> nodes = new ArrayList<>();
  private final Map<Key, Integer> known = new HashMap<>();

  private final int[] fulls = new int[4];

  private record Key(List<Integer> transitions) {
    // Written by hand: a record's generated method is linked on first use, which takes
    // milliseconds.
    @Override
    public boolean equals(@org.jspecify.annotations.Nullable Object other) {
      return other instanceof Key k && transitions.equals(k.transitions);
    }

    @Override
    public int hashCode() {
      return transitions.hashCode();
    }
  }

  private Utf8Shape() {
    nodes.add(new int[0]);
  }

  /** The shape of a set; null if UTF-8 encodes none of it. */
  static @org.jspecify.annotations.Nullable Utf8Shape of(CharSet set) {
    Utf8Shape s = new Utf8Shape();
    int[] ranges = encoded(set);
    List<Integer> root = new ArrayList<>();
    for (int i = 0; i < ranges.length && ranges[i] <= 0x7F; i += 2) {
      add(root, ranges[i], Math.min(0x7F, ranges[i + 1]), 0);
    }
    s.leads(root, ranges, 0xC0, 0x80, 0x7FF, 1);
    s.leads(root, ranges, 0xE0, 0x800, 0xFFFF, 2);
    s.leads(root, ranges, 0xF0, 0x10000, CharSet.MAX, 3);
    if (root.isEmpty()) {
      return null;
    }
    s.nodes.add(root.stream().mapToInt(Integer::intValue).toArray());
    return s;
  }

  private static int[] encoded(CharSet set) {
    int[] out = new int[2 * set.ranges() + 2];
    int n = 0;
    for (int i = 0; i < set.ranges(); i++) {
      for (int b = 0; b < BOUNDS.length; b += 2) {
        int low = Math.max(set.low(i), BOUNDS[b]);
        int high = Math.min(set.high(i), BOUNDS[b + 1]);
        if (low <= high) {
          out[n++] = low;
          out[n++] = high;
        }
      }
    }
    return Arrays.copyOf(out, n);
  }

  private static void add(List<Integer> transitions, int low, int high, int target) {
    int n = transitions.size();
    if (n > 0 && transitions.get(n - 1) == target && transitions.get(n - 2) == low - 1) {
      transitions.set(n - 2, high);
    } else {
      transitions.addAll(List.of(low, high, target));
    }
  }

  /** Transitions of first bytes that are followed by {@code min} to {@code max} further bytes. */
  private void leads(List<Integer> to, int[] ranges, int mark, int min, int max, int behind) {
    int shift = 6 * behind;
    for (int lead = min >>> shift; lead <= max >>> shift; lead++) {
      int child =
          node(
              ranges,
              Math.max(min, lead << shift),
              Math.min(max, (lead << shift) + (1 << shift) - 1),
              behind);
      if (child >= 0) {
        add(to, mark | lead, mark | lead, child);
      }
    }
  }

  /** The node for a subrange of the code points with {@code bytes} further bytes; -1 for none. */
  private int node(int[] ranges, int min, int max, int bytes) {
    int first = firstFrom(ranges, min);
    if (first >= ranges.length || ranges[first] > max) {
      return -1;
    }
    if (bytes == 0) {
      return 0;
    }
    if (ranges[first] <= min && ranges[first + 1] >= max && max - min + 1 == 1 << 6 * bytes) {
      return full(bytes);
    }
    int shift = 6 * (bytes - 1);
    List<Integer> transitions = new ArrayList<>();
    for (int v = min >>> shift; v <= max >>> shift; v++) {
      int child =
          node(
              ranges,
              Math.max(min, v << shift),
              Math.min(max, (v << shift) + (1 << shift) - 1),
              bytes - 1);
      if (child >= 0) {
        int b = CONTINUATION | v & 0x3F;
        add(transitions, b, b, child);
      }
    }
    return intern(transitions);
  }

  /** The node of {@code bytes} further bytes, regardless of their values. */
  private int full(int bytes) {
    if (bytes == 0) {
      return 0;
    }
    if (fulls[bytes] == 0) {
      fulls[bytes] = intern(List.of(CONTINUATION, 0xBF, full(bytes - 1)));
    }
    return fulls[bytes];
  }

  private int intern(List<Integer> transitions) {
    return known.computeIfAbsent(
        new Key(transitions),
        k -> {
          nodes.add(transitions.stream().mapToInt(Integer::intValue).toArray());
          return nodes.size() - 1;
        });
  }

  /** Returns the first range that ends at or after a code point. */
  private static int firstFrom(int[] ranges, int c) {
    int lo = 0;
    int hi = ranges.length / 2;
    while (lo < hi) {
      int mid = (lo + hi) >>> 1;
      if (ranges[2 * mid + 1] < c) {
        lo = mid + 1;
      } else {
        hi = mid;
      }
    }
    return 2 * lo;
  }

  int nodes() {
    return nodes.size();
  }

  int[] transitions(int node) {
    return nodes.get(node);
  }
}
