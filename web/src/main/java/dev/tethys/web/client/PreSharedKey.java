package dev.tethys.web.client;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Key shared with a server, and the identity under which the server finds it. Shows no key. */
public final class PreSharedKey {
  private static final int MAX_IDENTITY = 65_535; // two bytes say its length, RFC 4279
  private static final int MAX_KEY = 65_535;

  private final String identity;
  private final byte[] key;

  private PreSharedKey(String identity, byte[] key) {
    this.identity = identity;
    this.key = key;
  }

  /**
   * Parses a key in hexadecimal digits.
   *
   * @throws IllegalArgumentException if the digits are invalid, with the reason but without the key
   */
  public static PreSharedKey of(String identity, String digits) {
    if (identity.isEmpty() || identity.getBytes(StandardCharsets.UTF_8).length > MAX_IDENTITY) {
      throw new IllegalArgumentException("the identity must have 1 to " + MAX_IDENTITY + " bytes");
    }
    if (digits.isEmpty() || digits.length() > 2 * MAX_KEY) {
      throw new IllegalArgumentException("the key must have 1 to " + MAX_KEY + " bytes");
    }
    for (int i = 0; i < digits.length(); i++) {
      if (!HexFormat.isHexDigit(digits.charAt(i))) {
        throw new IllegalArgumentException(
            "character " + (i + 1) + " of the key is not a hexadecimal digit");
      }
    }
    if (digits.length() % 2 != 0) {
      throw new IllegalArgumentException(
          "the key must have two hexadecimal digits for each byte, but has "
              + digits.length()
              + " digits");
    }
    return new PreSharedKey(identity, HexFormat.of().parseHex(digits));
  }

  /** Returns the name. */
  public String identity() {
    return identity;
  }

  /** Returns the key. */
  public byte[] bytes() {
    return key.clone();
  }

  @Override
  public String toString() {
    return "the key of " + identity;
  }
}
