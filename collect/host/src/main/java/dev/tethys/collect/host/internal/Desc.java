package dev.tethys.collect.host.internal;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Name and label names of a family. Label sets are written in canonical form directly, because a
 * scrape creates a thousand of them.
 */
public final class Desc {
  public final String name;
  public final MetricType type;
  public final String help;
  private final byte[][] labelNames; // ascending
  private final int[] position; // of each of them in the order given

  private Desc(String name, MetricType type, String help, String... labelNames) {
    this.name = name;
    this.type = type;
    this.help = help;
    Integer[] order = new Integer[labelNames.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> labelNames[a].compareTo(labelNames[b]));
    this.labelNames = new byte[order.length][];
    this.position = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      this.labelNames[i] = labelNames[order[i]].getBytes(StandardCharsets.UTF_8);
      this.position[i] = order[i];
    }
  }

  public static Desc gauge(String name, String help, String... labelNames) {
    return new Desc(name, MetricType.GAUGE, help, labelNames);
  }

  public static Desc counter(String name, String help, String... labelNames) {
    return new Desc(name, MetricType.COUNTER, help, labelNames);
  }

  public static Desc untyped(String name, String help, String... labelNames) {
    return new Desc(name, MetricType.UNKNOWN, help, labelNames);
  }

  public static Desc of(String name, MetricType type, String help, String... labelNames) {
    return new Desc(name, type, help, labelNames);
  }

  /**
   * A label set with these values, in the order of the names. It fits every family with the same
   * labels. Empty values set no label.
   */
  public Labels labels(String... values) {
    if (values.length != labelNames.length) {
      throw new IllegalArgumentException(
          name + " has " + labelNames.length + " labels, not " + values.length);
    }
    byte[][] bytes = new byte[values.length][];
    int n = 0;
    for (int i = 0; i < values.length; i++) {
      byte[] v = values[position[i]].getBytes(StandardCharsets.UTF_8);
      bytes[i] = v;
      if (v.length > 0) {
        n += size(labelNames[i].length) + labelNames[i].length + size(v.length) + v.length;
      }
    }
    byte[] out = new byte[n];
    int p = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i].length > 0) {
        p = put(out, p, labelNames[i]);
        p = put(out, p, bytes[i]);
      }
    }
    return Labels.ofCanonicalBytes(out);
  }

  private static int size(int n) {
    return n < 1 << 7 ? 1 : n < 1 << 14 ? 2 : n < 1 << 21 ? 3 : n < 1 << 28 ? 4 : 5;
  }

  private static int put(byte[] out, int at, byte[] s) {
    int p = at;
    int n = s.length;
    while (n >= 0x80) {
      out[p++] = (byte) (n | 0x80);
      n >>>= 7;
    }
    out[p++] = (byte) n;
    System.arraycopy(s, 0, out, p, s.length);
    return p + s.length;
  }

  /**
   * Runs of characters that a name cannot hold, with underscores next to them, are one underscore.
   */
  public static String sanitize(String name) {
    StringBuilder sb = new StringBuilder();
    int i = 0;
    while (i < name.length()) {
      int end = i;
      boolean other = false;
      while (end < name.length() && (!plain(name.charAt(end)) || name.charAt(end) == '_')) {
        other |= name.charAt(end) != '_';
        end++;
      }
      if (end > i) {
        sb.append(other ? "_" : name.substring(i, end));
        i = end;
      } else {
        sb.append(name.charAt(i++));
      }
    }
    return sb.toString();
  }

  private static boolean plain(char c) {
    return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_';
  }
}
