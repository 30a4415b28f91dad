package dev.tethys.collect.observe.profile;

/** Readable names of functions of Rust; others are left as the compiler wrote them. */
final class Demangler {
  private Demangler() {}

  /**
   * Name as in the source. Rust's older scheme is {@code _ZN} with the length before each part and
   * a hash as the last one.
   */
  static String name(String symbol) {
    int version = symbol.indexOf('@');
    String s = version > 0 ? symbol.substring(0, version) : symbol;
    if (!s.startsWith("_ZN") || !s.endsWith("E")) {
      return s;
    }
    StringBuilder out = new StringBuilder();
    int at = 3;
    int end = s.length() - 1;
    String last = "";
    while (at < end) {
      int digits = at;
      while (digits < end && Character.isDigit(s.charAt(digits))) {
        digits++;
      }
      if (digits == at || digits - at > 4) {
        return s; // something else of C++
      }
      int length = Integer.parseInt(s, at, digits, 10);
      if (digits + length > end) {
        return s;
      }
      if (!last.isEmpty()) {
        out.append(out.isEmpty() ? "" : "::").append(last);
      }
      last = s.substring(digits, digits + length);
      at = digits + length;
    }
    boolean rust = last.length() == 17 && last.charAt(0) == 'h';
    if (!rust) {
      out.append(out.isEmpty() ? "" : "::").append(last);
    }
    return out.toString()
        .replace("$LT$", "<")
        .replace("$GT$", ">")
        .replace("$RF$", "&")
        .replace("$C$", ",")
        .replace("$u20$", " ")
        .replace("..", "::");
  }
}
