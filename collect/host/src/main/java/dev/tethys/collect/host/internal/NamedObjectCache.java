package dev.tethys.collect.host.internal;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Cache of objects derived from the name at a position of a file. The kernel prints its tables in
 * the same order every time, so a scrape compares bytes and needs neither strings nor lookups.
 */
final class NamedObjectCache<T> {
  /** Maximum number of cached positions; names after them are created each time. */
  static final int MAX_POSITIONS = 4096;

  private final Function<String, T> make;
  private byte[][] names = new byte[64][];
  private Object[] made = new Object[64];

  NamedObjectCache(Function<String, T> make) {
    this.make = make;
  }

  /** The object for the name in {@code text} from {@code from} to {@code to}. */
  @SuppressWarnings("unchecked") // contains only results of make()
  T at(int position, Text text, int from, int to) {
    if (position < names.length) {
      byte[] n = names[position];
      if (n != null && Arrays.equals(n, 0, n.length, text.buf, from, to)) {
        return (T) made[position];
      }
    }
    T t = make.apply(new String(text.buf, from, to - from, StandardCharsets.UTF_8));
    if (position < MAX_POSITIONS) {
      if (position >= names.length) {
        int n = Math.min(MAX_POSITIONS, Math.max(position + 1, names.length * 2));
        names = Arrays.copyOf(names, n);
        made = Arrays.copyOf(made, n);
      }
      names[position] = Arrays.copyOfRange(text.buf, from, to);
      made[position] = t;
    }
    return t;
  }
}
