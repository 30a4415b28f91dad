package dev.tethys.model;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Builds a {@link Labels}: labels may be set in any order, a later value replaces an earlier one,
 * and an empty value removes the label. Reusable after {@link #clear()}. Not thread-safe.
 */
public final class LabelsBuilder {
  private record Entry(byte[] name, byte[] value) {}

  private final List<Entry> entries = new ArrayList<>(); // ascending by name, unique

  /** Starts empty. */
  public LabelsBuilder() {}

  /** Starts with the labels of a set. */
  public LabelsBuilder(Labels from) {
    addAll(from);
  }

  /** Removes all labels. */
  public LabelsBuilder clear() {
    entries.clear();
    return this;
  }

  /** Sets every label of a set and overwrites labels of the same name. */
  public LabelsBuilder addAll(Labels from) {
    from.forEachBytes(
        (b, no, nl, vo, vl) ->
            set(Arrays.copyOfRange(b, no, no + nl), Arrays.copyOfRange(b, vo, vo + vl)));
    return this;
  }

  /** Sets a label; an empty value removes it. */
  public LabelsBuilder set(String name, String value) {
    return set(Surrogates.utf8(name), Surrogates.utf8(value));
  }

  /** Sets a label from UTF-8 bytes that now belong to the builder. */
  public LabelsBuilder set(byte[] name, byte[] value) {
    if (name.length == 0) {
      throw new IllegalArgumentException("a label name must not be empty");
    }
    int i = search(name);
    if (value.length == 0) {
      if (i >= 0) {
        entries.remove(i);
      }
    } else if (i >= 0) {
      entries.set(i, new Entry(name, value));
    } else {
      entries.add(-i - 1, new Entry(name, value));
    }
    return this;
  }

  /**
   * Sets a label, including an empty value: an exposition may show one to prevent a scraper from
   * adding its own.
   */
  public LabelsBuilder show(String name, String value) {
    byte[] n = Surrogates.utf8(name);
    if (!value.isEmpty() || n.length == 0) {
      return set(n, Surrogates.utf8(value));
    }
    int i = search(n);
    if (i >= 0) {
      entries.set(i, new Entry(n, new byte[0]));
    } else {
      entries.add(-i - 1, new Entry(n, new byte[0]));
    }
    return this;
  }

  /** Removes a label. */
  public LabelsBuilder remove(String name) {
    int i = search(Surrogates.utf8(name));
    if (i >= 0) {
      entries.remove(i);
    }
    return this;
  }

  /** The value set last, or {@code ""}. */
  public String get(String name) {
    int i = search(Surrogates.utf8(name));
    return i < 0 ? "" : new String(entries.get(i).value, StandardCharsets.UTF_8);
  }

  /** The names of the labels now set, ascending. */
  public List<String> names() {
    return entries.stream().map(e -> new String(e.name, StandardCharsets.UTF_8)).toList();
  }

  private int search(byte[] name) {
    int lo = 0;
    int hi = entries.size() - 1;
    if (hi >= 0 && Arrays.compareUnsigned(entries.get(hi).name, name) < 0) {
      return -hi - 2; // labels mostly come in order
    }
    while (lo <= hi) {
      int mid = (lo + hi) >>> 1;
      int c = Arrays.compareUnsigned(entries.get(mid).name, name);
      if (c == 0) {
        return mid;
      }
      if (c < 0) {
        lo = mid + 1;
      } else {
        hi = mid - 1;
      }
    }
    return -lo - 1;
  }

  /** The label set built so far; the builder remains usable. */
  public Labels build() {
    int n = 0;
    for (Entry e : entries) {
      n += lengthSize(e.name.length) + e.name.length + lengthSize(e.value.length) + e.value.length;
    }
    byte[] out = new byte[n];
    int p = 0;
    for (Entry e : entries) {
      p = put(out, p, e.name);
      p = put(out, p, e.value);
    }
    return Labels.ofCanonicalBytes(out);
  }

  private static int lengthSize(int n) {
    return n < 1 << 7 ? 1 : n < 1 << 14 ? 2 : n < 1 << 21 ? 3 : n < 1 << 28 ? 4 : 5;
  }

  private static int put(byte[] out, int p, byte[] s) {
    int n = s.length;
    while (n >= 0x80) {
      out[p++] = (byte) (n | 0x80);
      n >>>= 7;
    }
    out[p++] = (byte) n;
    System.arraycopy(s, 0, out, p, s.length);
    return p + s.length;
  }
}
