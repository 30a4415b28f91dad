package dev.tethys.codec.symbol;

/**
 * Names of functions as in the source, from their symbols: C++ by the Itanium ABI, Rust by both of
 * its schemes. Parameters, return types and template arguments are omitted.
 */
public final class SymbolNames {
  /** Maximum length; longer symbols are shown unchanged. */
  private static final int MAX_LENGTH = 16_384;

  private SymbolNames() {}

  /** Name in the source; the symbol without its version if its scheme is unknown. */
  public static String readable(String symbol) {
    int version = symbol.indexOf('@');
    String s = version > 0 ? symbol.substring(0, version) : symbol;
    if (s.length() > MAX_LENGTH || !s.startsWith("_")) {
      return s;
    }
    try {
      String name = parsed(s);
      return name.isEmpty() ? s : name; // identifiers may have the length 0
    } catch (SymbolException e) {
      return s;
    }
  }

  private static String parsed(String s) {
    if (s.startsWith("_R")) {
      return RustName.parse(s);
    }
    if (s.startsWith("_ZN") && RustLegacyName.is(s)) {
      return RustLegacyName.parse(s);
    }
    return s.startsWith("_Z") ? ItaniumName.parse(s) : s;
  }
}
