package dev.tethys.collect.exporter.snmp.wire;

import java.util.Arrays;

/** An object identifier; its parts are unsigned. Ordered as agents walk. */
public final class Oid implements Comparable<Oid> {
  private static final int MAX_PARTS = 512;

  private final int[] parts;

  private Oid(int[] parts) {
    this.parts = parts;
  }

  /** Creates an identifier of these parts, which are not copied. */
  static Oid of(int... parts) {
    return new Oid(parts);
  }

  /**
   * Parses numbers separated by dots, with or without a leading dot.
   *
   * @throws IllegalArgumentException if the text is not an object identifier
   */
  public static Oid parse(String text) {
    String s = text.startsWith(".") ? text.substring(1) : text;
    String[] f = s.split("\\.", -1);
    if (f.length > MAX_PARTS) {
      throw new IllegalArgumentException(
          "an object identifier of more than " + MAX_PARTS + " parts");
    }
    int[] parts = new int[f.length];
    for (int i = 0; i < f.length; i++) {
      try {
        parts[i] = Integer.parseUnsignedInt(f[i]);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "\"" + text + "\" is not an object identifier such as 1.3.6.1.2.1", e);
      }
    }
    return new Oid(parts);
  }

  public int size() {
    return parts.length;
  }

  /** Returns a part, unsigned. */
  public int part(int i) {
    return parts[i];
  }

  /** Returns the parts starting at an index. */
  public int[] from(int i) {
    return Arrays.copyOfRange(parts, i, parts.length);
  }

  /** Appends parts to the identifier. */
  public Oid plus(int... more) {
    int[] all = Arrays.copyOf(parts, parts.length + more.length);
    System.arraycopy(more, 0, all, parts.length, more.length);
    return new Oid(all);
  }

  /** Returns the previous column: the last part is one less. */
  public Oid before() {
    int[] p = parts.clone();
    p[p.length - 1]--;
    return new Oid(p);
  }

  /** Whether this one is below the other, and different from it. */
  public boolean isBelow(Oid other) {
    return parts.length > other.parts.length
        && Arrays.equals(parts, 0, other.parts.length, other.parts, 0, other.parts.length);
  }

  @Override
  public int compareTo(Oid o) {
    return Arrays.compareUnsigned(parts, o.parts);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Oid other && Arrays.equals(parts, other.parts);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(parts);
  }

  @Override
  public String toString() {
    StringBuilder sb = new StringBuilder();
    for (int p : parts) {
      if (!sb.isEmpty()) {
        sb.append('.');
      }
      sb.append(Integer.toUnsignedString(p));
    }
    return sb.toString();
  }
}
