package dev.tethys.pipeline.privacy;

import java.util.Map;

/** Checks of card numbers, account numbers and addresses. */
final class Numbers {
  private static final int MIN_CARD = 13;
  private static final int MAX_CARD = 19;

  /** Lengths of IBANs, from the SWIFT registry. */
  private static final Map<String, Integer> IBAN_LENGTHS =
      Map.ofEntries(
          Map.entry("AD", 24),
          Map.entry("AE", 23),
          Map.entry("AL", 28),
          Map.entry("AT", 20),
          Map.entry("AZ", 28),
          Map.entry("BA", 20),
          Map.entry("BE", 16),
          Map.entry("BG", 22),
          Map.entry("BH", 22),
          Map.entry("BR", 29),
          Map.entry("BY", 28),
          Map.entry("CH", 21),
          Map.entry("CR", 22),
          Map.entry("CY", 28),
          Map.entry("CZ", 24),
          Map.entry("DE", 22),
          Map.entry("DK", 18),
          Map.entry("DO", 28),
          Map.entry("EE", 20),
          Map.entry("EG", 29),
          Map.entry("ES", 24),
          Map.entry("FI", 18),
          Map.entry("FO", 18),
          Map.entry("FR", 27),
          Map.entry("GB", 22),
          Map.entry("GE", 22),
          Map.entry("GI", 23),
          Map.entry("GL", 18),
          Map.entry("GR", 27),
          Map.entry("GT", 28),
          Map.entry("HR", 21),
          Map.entry("HU", 28),
          Map.entry("IE", 22),
          Map.entry("IL", 23),
          Map.entry("IQ", 23),
          Map.entry("IS", 26),
          Map.entry("IT", 27),
          Map.entry("JO", 30),
          Map.entry("KW", 30),
          Map.entry("KZ", 20),
          Map.entry("LB", 28),
          Map.entry("LC", 32),
          Map.entry("LI", 21),
          Map.entry("LT", 20),
          Map.entry("LU", 20),
          Map.entry("LV", 21),
          Map.entry("MC", 27),
          Map.entry("MD", 24),
          Map.entry("ME", 22),
          Map.entry("MK", 19),
          Map.entry("MR", 27),
          Map.entry("MT", 31),
          Map.entry("MU", 30),
          Map.entry("NL", 18),
          Map.entry("NO", 15),
          Map.entry("PK", 24),
          Map.entry("PL", 28),
          Map.entry("PS", 29),
          Map.entry("PT", 25),
          Map.entry("QA", 29),
          Map.entry("RO", 24),
          Map.entry("RS", 22),
          Map.entry("SA", 24),
          Map.entry("SC", 31),
          Map.entry("SE", 24),
          Map.entry("SI", 19),
          Map.entry("SK", 24),
          Map.entry("SM", 27),
          Map.entry("ST", 25),
          Map.entry("SV", 28),
          Map.entry("TL", 23),
          Map.entry("TN", 24),
          Map.entry("TR", 26),
          Map.entry("UA", 29),
          Map.entry("VA", 22),
          Map.entry("VG", 24),
          Map.entry("XK", 20));

  private Numbers() {}

  /** Whether digits are a card number. */
  static boolean isCard(CharSequence digits) {
    int n = digits.length();
    return n >= MIN_CARD && n <= MAX_CARD && hasPrefix(digits, n) && isLuhn(digits);
  }

  /** Prefixes of the large networks, by length. */
  private static boolean hasPrefix(CharSequence d, int n) {
    int two = (d.charAt(0) - '0') * 10 + d.charAt(1) - '0';
    int four = two * 100 + (d.charAt(2) - '0') * 10 + d.charAt(3) - '0';
    return switch (d.charAt(0)) {
      case '4' -> n == 13 || n == 16 || n == 19; // Visa
      case '5' ->
          two >= 51 && two <= 55 && n == 16 || two == 50 || two >= 56; // Mastercard, Maestro
      case '2' -> four >= 2221 && four <= 2720 && n == 16; // Mastercard
      case '3' ->
          two == 34 || two == 37 // American Express
              ? n == 15
              : two == 35 ? n >= 16 : (two == 30 || two == 36 || two == 38 || two == 39) && n >= 14;
      case '6' -> true; // Discover, UnionPay, Maestro
      default -> false;
    };
  }

  /** Checks the Luhn digit (ISO/IEC 7812): each second digit from the right is doubled. */
  static boolean isLuhn(CharSequence digits) {
    int sum = 0;
    boolean twice = false;
    for (int i = digits.length() - 1; i >= 0; i--) {
      int d = digits.charAt(i) - '0';
      if (twice) {
        d = d > 4 ? d * 2 - 9 : d * 2;
      }
      sum += d;
      twice = !twice;
    }
    return sum % 10 == 0;
  }

  /** Returns the IBAN length of a country; 0 if none. */
  static int ibanLength(String country) {
    return IBAN_LENGTHS.getOrDefault(country, 0);
  }

  /** Whether the checksum of an IBAN without separators is correct. */
  static boolean isIban(CharSequence iban) {
    int rest = 0;
    int n = iban.length();
    for (int i = 0; i < n; i++) {
      char c = iban.charAt((i + 4) % n);
      int v = c <= '9' ? c - '0' : Character.toUpperCase(c) - 'A' + 10;
      rest = (v < 10 ? rest * 10 + v : rest * 100 + v) % 97;
    }
    return rest == 1;
  }
}
