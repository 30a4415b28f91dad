package dev.tethys.model;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An immutable label set in its one canonical form, so that equality is equality of bytes and the
 * hash is computed from the stored bytes.
 *
 * <p>Format: for each label, ascending by the UTF-8 bytes of its name: {@code uvarint(nameLength)
 * name uvarint(valueLength) value}. Names are unique and not empty; a label with an empty value is
 * the same as no label and is never stored.
 *
 * <p>Invariant: {@link #bytes} is never changed after construction, and its ownership passes to
 * this object.
 */
public final class Labels implements Comparable<Labels> {
  /** Label that holds the metric name. */
  public static final String METRIC_NAME = "__name__";

  /** No labels at all. */
  public static final Labels EMPTY = new Labels(new byte[0]);

  private static final Hasher64 HASHER = Hashing.xxh3_64();
  static final byte[] METRIC_NAME_BYTES = METRIC_NAME.getBytes(StandardCharsets.UTF_8);

  private final byte[] bytes;
  private long hash; // 0 = not yet taken; a race only repeats the work

  Labels(byte[] canonical) {
    this.bytes = canonical;
  }

  /** One label of a set. */
  public record Label(String name, String value) {}

  /** Receives the labels of a set in order, without creating objects. */
  @FunctionalInterface
  public interface ByteVisitor {
    /** Offsets and lengths point into {@code buf}, which must not be changed or kept. */
    void label(byte[] buf, int nameOffset, int nameLength, int valueOffset, int valueLength);
  }

  /**
   * Wraps canonical bytes without a check: for bytes that this class or a validating codec wrote.
   * The array now belongs to the label set.
   */
  public static Labels ofCanonicalBytes(byte[] canonical) {
    return canonical.length == 0 ? EMPTY : new Labels(canonical);
  }

  /** Alternating names and values, in any order. */
  public static Labels of(String... namesAndValues) {
    if (namesAndValues.length % 2 != 0) {
      throw new IllegalArgumentException("names and values must alternate");
    }
    LabelsBuilder b = new LabelsBuilder();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      b.set(namesAndValues[i], namesAndValues[i + 1]);
    }
    return b.build();
  }

  /** The labels of a map, in any order. */
  public static Labels of(Map<String, String> map) {
    LabelsBuilder b = new LabelsBuilder();
    map.forEach(b::set);
    return b.build();
  }

  /** The value of a label, or {@code ""} when it is absent, as PromQL sees it. */
  public String get(String name) {
    byte[] n = name.equals(METRIC_NAME) ? METRIC_NAME_BYTES : Surrogates.utf8(name);
    long at = find(n);
    return at < 0 ? "" : new String(bytes, (int) (at >>> 32), (int) at, StandardCharsets.UTF_8);
  }

  /** The value of a label, or null if it is absent. */
  public @Nullable String getOrNull(String name) {
    long at = find(Surrogates.utf8(name));
    return at < 0 ? null : new String(bytes, (int) (at >>> 32), (int) at, StandardCharsets.UTF_8);
  }

  /** True if the set holds the label. */
  public boolean has(String name) {
    return find(Surrogates.utf8(name)) >= 0;
  }

  /** The metric name, or {@code ""}. */
  public String metricName() {
    return get(METRIC_NAME);
  }

  /**
   * Returns the position of a label value: {@code offset << 32 | length} into {@link
   * #canonicalBytes()}, or -1 if the label is absent.
   */
  public long find(byte[] name) {
    int p = 0;
    while (p < bytes.length) {
      int nl = bytes[p++];
      if (nl < 0) {
        nl = longLength(p - 1);
        p = afterLength(p - 1);
      }
      int c = Arrays.compareUnsigned(bytes, p, p + nl, name, 0, name.length);
      p += nl;
      int vl = bytes[p++];
      if (vl < 0) {
        vl = longLength(p - 1);
        p = afterLength(p - 1);
      }
      if (c == 0) {
        return (long) p << 32 | vl;
      }
      if (c > 0) {
        return -1;
      }
      p += vl;
    }
    return -1;
  }

  private int longLength(int p) {
    int v = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = bytes[p++];
      v |= (b & 0x7f) << shift;
      if (b >= 0) {
        return v;
      }
    }
  }

  private int afterLength(int p) {
    while (bytes[p] < 0) {
      p++;
    }
    return p + 1;
  }

  /** Calls the visitor once a label, in order of names. */
  public void forEachBytes(ByteVisitor visitor) {
    int p = 0;
    while (p < bytes.length) {
      int nl = longLength(p);
      int no = afterLength(p);
      p = no + nl;
      int vl = longLength(p);
      int vo = afterLength(p);
      visitor.label(bytes, no, nl, vo, vl);
      p = vo + vl;
    }
  }

  /** The labels as objects, in order of names. */
  public List<Label> toList() {
    List<Label> out = new ArrayList<>();
    forEachBytes(
        (b, no, nl, vo, vl) ->
            out.add(
                new Label(
                    new String(b, no, nl, StandardCharsets.UTF_8),
                    new String(b, vo, vl, StandardCharsets.UTF_8))));
    return out;
  }

  /** The labels as a new sorted map. */
  public TreeMap<String, String> toMap() {
    TreeMap<String, String> m = new TreeMap<>();
    for (Label l : toList()) {
      m.put(l.name(), l.value());
    }
    return m;
  }

  /** Returns the number of labels. */
  public int size() {
    int n = 0;
    int p = 0;
    while (p < bytes.length) {
      p = afterLength(p) + longLength(p);
      p = afterLength(p) + longLength(p);
      n++;
    }
    return n;
  }

  /** True if there is no label. */
  public boolean isEmpty() {
    return bytes.length == 0;
  }

  /** The canonical bytes themselves: read, never write. */
  public byte[] canonicalBytes() {
    return bytes;
  }

  /** Only the named labels. */
  public Labels keep(Collection<String> names) {
    byte[][] sorted = sortedNames(names);
    return filter(sorted, true);
  }

  /** All labels except the named ones. */
  public Labels drop(Collection<String> names) {
    return filter(sortedNames(names), false);
  }

  /** The set without its metric name. */
  public Labels dropMetricName() {
    return find(METRIC_NAME_BYTES) < 0 ? this : filter(new byte[][] {METRIC_NAME_BYTES}, false);
  }

  /** Names as sorted bytes, to be computed once and used with {@link #filter} for many sets. */
  public static byte[][] sortedNames(Collection<String> names) {
    byte[][] out = names.stream().distinct().map(Surrogates::utf8).toArray(byte[][]::new);
    Arrays.sort(out, Arrays::compareUnsigned);
    return out;
  }

  /**
   * Keeps (or, with {@code keep} false, drops) the labels named in {@code sortedNames}, in one skip
   * both.
   */
  public Labels filter(byte[][] sortedNames, boolean keep) {
    byte[] out = new byte[bytes.length];
    int n = filter(sortedNames, keep, out, false);
    return n == bytes.length ? this : n == 0 ? EMPTY : new Labels(Arrays.copyOf(out, n));
  }

  /** Whether {@link #filter} would return this, determined without allocation. */
  public boolean filtersTo(byte[][] sortedNames, boolean keep, Labels candidate) {
    return filter(sortedNames, keep, candidate.bytes, true) == candidate.bytes.length;
  }

  /**
   * Writes the labels that stay into {@code to}, or compares them with its content.
   *
   * @return number of remaining bytes, -1 if the content differs
   */
  private int filter(byte[][] sortedNames, boolean keep, byte[] to, boolean compare) {
    int n = 0;
    int k = 0;
    int p = 0;
    while (p < bytes.length) {
      int start = p;
      int nl = longLength(p);
      int no = afterLength(p);
      p = no + nl;
      p = afterLength(p) + longLength(p);
      int c = 1;
      while (k < sortedNames.length
          && (c =
                  Arrays.compareUnsigned(
                      bytes, no, no + nl, sortedNames[k], 0, sortedNames[k].length))
              > 0) {
        k++;
      }
      boolean named = k < sortedNames.length && c == 0;
      if (named == keep) {
        int end = n + p - start;
        if (!compare) {
          System.arraycopy(bytes, start, to, n, p - start);
        } else if (end > to.length || !Arrays.equals(bytes, start, p, to, n, end)) {
          return -1;
        }
        n = end;
      }
    }
    return n;
  }

  /** Creates a builder initialised with these labels. */
  public LabelsBuilder toBuilder() {
    return new LabelsBuilder(this);
  }

  /** A 64-bit hash of the canonical bytes; stable over versions of this program (XXH3, seed 0). */
  public long hash64() {
    long h = hash;
    if (h == 0) {
      h = HASHER.hashBytesToLong(bytes);
      hash = h;
    }
    return h;
  }

  /** The same hash for canonical bytes within a larger buffer. */
  public static long hash64(byte[] buf, int offset, int length) {
    return HASHER.hashBytesToLong(buf, offset, length);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(hash64());
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o == this || o instanceof Labels l && Arrays.equals(bytes, l.bytes);
  }

  /**
   * Compares label by label, name before value, as bytes; a prefix comes first. This is
   * Prometheus's order.
   */
  @Override
  public int compareTo(Labels o) {
    if (o == this) {
      return 0;
    }
    int p = 0;
    int q = 0;
    while (p < bytes.length && q < o.bytes.length) {
      for (int half = 0; half < 2; half++) {
        int pl = longLength(p);
        p = afterLength(p);
        int ql = o.longLength(q);
        q = o.afterLength(q);
        int c = Arrays.compareUnsigned(bytes, p, p + pl, o.bytes, q, q + ql);
        if (c != 0) {
          return c;
        }
        p += pl;
        q += ql;
      }
    }
    return Integer.compare(bytes.length - p, o.bytes.length - q);
  }

  /** {@code {a="b", c="d"}} with Go's quoting, the metric name among the others. */
  @Override
  public String toString() {
    StringBuilder sb = new StringBuilder("{");
    String sep = "";
    for (Label l : toList()) {
      sb.append(sep);
      sep = ", ";
      appendName(sb, l.name()).append('=');
      GoQuote.append(sb, l.value());
    }
    return sb.append('}').toString();
  }

  /** {@code name{a="b"}}, as series are written in PromQL and in exposition formats. */
  public String toSeriesString() {
    String name = metricName();
    StringBuilder sb = new StringBuilder();
    boolean plain = LabelNames.isLegacyMetricName(name);
    if (plain) {
      sb.append(name);
    }
    List<Label> rest = dropMetricName().toList();
    boolean quotedName = !name.isEmpty() && !plain;
    if (rest.isEmpty() && !quotedName) {
      return name.isEmpty() ? "{}" : name;
    }
    sb.append('{');
    String sep = "";
    if (quotedName) {
      GoQuote.append(sb, name);
      sep = ", ";
    }
    for (Label l : rest) {
      sb.append(sep);
      sep = ", ";
      appendName(sb, l.name()).append('=');
      GoQuote.append(sb, l.value());
    }
    return sb.append('}').toString();
  }

  private static StringBuilder appendName(StringBuilder sb, String name) {
    return LabelNames.isLegacyLabelName(name) ? sb.append(name) : GoQuote.append(sb, name);
  }
}
