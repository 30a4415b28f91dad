package dev.tethys.store.metrics;

import java.util.Comparator;

/** The order of strings by their UTF-8 bytes, which is their order by code points. */
final class Utf8Order {
  static final Comparator<String> STRINGS = Utf8Order::compare;

  private Utf8Order() {}

  private static int compare(String a, String b) {
    int n = Math.min(a.length(), b.length());
    for (int i = 0; i < n; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        // A surrogate encodes a code point above all others of one unit.
        boolean sx = Character.isSurrogate(x);
        boolean sy = Character.isSurrogate(y);
        return sx == sy ? x - y : sx ? 1 : -1;
      }
    }
    return a.length() - b.length();
  }
}
