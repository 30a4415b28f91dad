package dev.tethys.query.traceql.exec;

/** Order of strings and of numbers of different types. */
final class Values {
  private Values() {}

  /** Compares strings by their UTF-8 bytes. */
  static int compare(String a, String b) {
    int n = Math.min(a.length(), b.length());
    for (int i = 0; i < n; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        // surrogates encode characters above all others
        boolean s = Character.isSurrogate(x);
        boolean t = Character.isSurrogate(y);
        return s == t ? Character.compare(x, y) : s ? 1 : -1;
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  /** Compares an integer and a number that is not NaN by their exact values. */
  static int compare(long a, double b) {
    if (b >= 0x1p63) {
      return -1;
    }
    if (b < -0x1p63) {
      return 1;
    }
    long whole = (long) b;
    int c = Long.compare(a, whole);
    return c != 0 ? c : Double.compare(0, b - whole);
  }
}
