package dev.tethys.codec.symbol;

/**
 * Name of Rust's older scheme: {@code _ZN}, parts with their lengths, and a hash as the last part.
 * Characters that linkers do not take are between dollar signs (rustc_symbol_mangling::legacy).
 */
final class RustLegacyName {
  private static final String HASH = "17h";
  private static final int HASH_DIGITS = 16;

  private RustLegacyName() {}

  /** Whether a symbol that begins as one of C++ is of Rust. */
  static boolean is(String s) {
    int end = end(s);
    int hash = end - HASH_DIGITS - HASH.length();
    if (end < 0 || hash < 3 || !s.startsWith(HASH, hash)) {
      return false;
    }
    for (int i = end - HASH_DIGITS; i < end; i++) {
      if (Character.digit(s.charAt(i), 16) < 0) {
        return false;
      }
    }
    return true;
  }

  /** Finds the E that terminates the parts: the last one before a compiler suffix. */
  private static int end(String s) {
    int llvm = s.indexOf(".llvm.");
    return s.lastIndexOf('E', llvm < 0 ? s.length() : llvm);
  }

  static String parse(String s) {
    SymbolText t = new SymbolText(s, 3) {};
    int hash = end(s) - HASH_DIGITS - HASH.length();
    String name = "";
    while (t.at < hash) {
      name = SymbolText.joined(name, part(t.take(t.number())));
    }
    if (t.at != hash) {
      throw new SymbolException();
    }
    return name;
  }

  private static String part(String part) {
    String text = part.startsWith("_$") ? part.substring(1) : part;
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int close = c == '$' ? text.indexOf('$', i + 1) : -1;
      if (close > 0) {
        out.append(escaped(text.substring(i + 1, close)));
        i = close;
      } else if (c == '.' && text.startsWith("..", i)) {
        out.append("::");
        i++;
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static String escaped(String name) {
    return switch (name) {
      case "SP" -> "@";
      case "BP" -> "*";
      case "RF" -> "&";
      case "LT" -> "<";
      case "GT" -> ">";
      case "LP" -> "(";
      case "RP" -> ")";
      case "C" -> ",";
      default -> {
        if (!name.matches("u[0-9a-f]{1,6}")) {
          throw new SymbolException();
        }
        int code = Integer.parseInt(name, 1, name.length(), 16);
        if (!Character.isValidCodePoint(code) || Character.isISOControl(code)) {
          throw new SymbolException();
        }
        yield Character.toString(code);
      }
    };
  }
}
