package dev.tethys.control.text;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Hashes, numbers of things, and bounded strings. */
public final class Texts {
  private Texts() {}

  /** Computes the SHA-256 in hexadecimal. */
  public static String sha256(String text) {
    return HexFormat.of().formatHex(digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  public static byte[] digest(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  /** Formats a count with its noun: "1 agent", "2 agents". */
  public static String counted(long n, String one) {
    return n + " " + one + (n == 1 ? "" : "s");
  }

  /** Truncates to {@code most} characters, the last one an ellipsis. */
  public static String shortened(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(most - 2)) ? most - 2 : most - 1;
    return text.substring(0, end) + "…";
  }
}
