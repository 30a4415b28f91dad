package dev.tethys.alert.manager.state;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.tethys.model.GoQuote;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Labels or annotations: names and values, sorted by name as UTF-8 sorts. Immutable; its hash is
 * the fingerprint that Alertmanager's API shows, FNV-1a of names and values with 0xff after each.
 */
public final class LabelSet implements Comparable<LabelSet> {
  /** Byte order of UTF-8, which equals the order of code points. */
  public static final Comparator<String> BY_CODE_POINTS = LabelSet::compareCodePoints;

  public static final LabelSet EMPTY = new LabelSet(new TreeMap<>(BY_CODE_POINTS));

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final SortedMap<String, String> map;
  private final long fingerprint;

  private LabelSet(SortedMap<String, String> map) {
    this.map = Collections.unmodifiableSortedMap(map);
    long h = FNV_OFFSET;
    for (Map.Entry<String, String> e : map.entrySet()) {
      h = add(add(h, e.getKey()), e.getValue());
    }
    fingerprint = h;
  }

  private static long add(long h, String s) {
    long x = h;
    for (byte b : s.getBytes(StandardCharsets.UTF_8)) {
      x = (x ^ (b & 0xff)) * FNV_PRIME;
    }
    return (x ^ 0xff) * FNV_PRIME;
  }

  public static LabelSet of(Map<String, String> entries) {
    if (entries.isEmpty()) {
      return EMPTY;
    }
    SortedMap<String, String> m = new TreeMap<>(BY_CODE_POINTS);
    m.putAll(entries);
    return new LabelSet(m);
  }

  private static int compareCodePoints(String a, String b) {
    int n = Math.min(a.length(), b.length());
    for (int i = 0; i < n; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        boolean sx = Character.isSurrogate(x);
        boolean sy = Character.isSurrogate(y);
        return sx != sy ? sx ? 1 : -1 : Character.compare(x, y);
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /** Returns the entries in order. */
  public SortedMap<String, String> map() {
    return map;
  }

  /** Returns a value, or "" for an unknown name. */
  public String get(String name) {
    String v = map.get(name);
    return v == null ? "" : v;
  }

  public boolean isEmpty() {
    return map.isEmpty();
  }

  public int size() {
    return map.size();
  }

  public long fingerprint() {
    return fingerprint;
  }

  /** Returns the hash of an alert in the notification log: XXH64 of the same bytes. */
  public long notifiedHash() {
    java.io.ByteArrayOutputStream b = new java.io.ByteArrayOutputStream(256);
    map.forEach(
        (k, v) -> {
          b.writeBytes(k.getBytes(StandardCharsets.UTF_8));
          b.write(0xff);
          b.writeBytes(v.getBytes(StandardCharsets.UTF_8));
          b.write(0xff);
        });
    return Hashing.xxh64().hashBytesToLong(b.toByteArray());
  }

  /** Returns the fingerprint as 16 hexadecimal digits. */
  public String fingerprintText() {
    return String.format(Locale.ROOT, "%016x", fingerprint);
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof LabelSet l && fingerprint == l.fingerprint && map.equals(l.map);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(fingerprint);
  }

  /** Compares names and values in order, as Alertmanager sorts alerts. */
  @Override
  public int compareTo(LabelSet o) {
    if (size() != o.size()) {
      return Integer.compare(size(), o.size());
    }
    TreeMap<String, Boolean> names = new TreeMap<>(BY_CODE_POINTS);
    map.keySet().forEach(n -> names.put(n, true));
    o.map.keySet().forEach(n -> names.put(n, true));
    for (String n : names.keySet()) {
      if (!map.containsKey(n)) {
        return -1;
      }
      if (!o.map.containsKey(n)) {
        return 1;
      }
      int c = BY_CODE_POINTS.compare(get(n), o.get(n));
      if (c != 0) {
        return c;
      }
    }
    return 0;
  }

  /** Formats the labels as in keys of groups: {@code {a="b", c="d"}}. */
  @Override
  public String toString() {
    StringBuilder sb = new StringBuilder("{");
    map.forEach(
        (k, v) -> {
          sb.append(sb.length() > 1 ? ", " : "").append(k).append('=');
          GoQuote.append(sb, v);
        });
    return sb.append('}').toString();
  }
}
