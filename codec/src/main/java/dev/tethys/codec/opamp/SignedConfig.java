package dev.tethys.codec.opamp;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Configuration signed in its last line. The signature covers the text before it and is a YAML
 * comment, so that other programs and files in a repository keep it. The line is {@code #
 * tethys-signature: NAME BASE64}.
 *
 * @param text text preceding the signature line
 * @param name configuration name given in the signature line; "" without a signature
 * @param signature empty without one
 */
@SuppressWarnings("ArrayRecordComponent") // not compared
public record SignedConfig(String text, String name, byte[] signature) {
  private static final String BEGIN = "# tethys-signature: ";

  /** Splits the signature off; a last line that merely resembles one is part of the text. */
  public static SignedConfig of(String whole) {
    int line = whole.lastIndexOf('\n', whole.stripTrailing().length() - 1) + 1;
    SignedConfig signed =
        whole.startsWith(BEGIN, line)
            ? parse(whole.substring(0, line), whole.substring(line + BEGIN.length()).strip())
            : null;
    return signed == null ? new SignedConfig(whole, "", new byte[0]) : signed;
  }

  private static @Nullable SignedConfig parse(String text, String rest) {
    int space = rest.indexOf(' ');
    try {
      return space < 1
          ? null
          : new SignedConfig(
              text,
              rest.substring(0, space),
              Base64.getDecoder().decode(rest.substring(space + 1).strip()));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Adds the signature line to a text. */
  public static String sign(String name, String text, byte[] signature) {
    return withLineEnd(text)
        + BEGIN
        + name
        + " "
        + Base64.getEncoder().encodeToString(signature)
        + "\n";
  }

  public boolean isSigned() {
    return signature.length > 0;
  }

  /** Returns the bytes covered by the signature. */
  public byte[] statement() {
    return statement(name, text);
  }

  /** Returns the bytes to sign for a text with the given name. */
  public static byte[] statement(String name, String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(withLineEnd(text).getBytes(StandardCharsets.UTF_8));
      return ("tethys-configuration\n" + name + "\n" + HexFormat.of().formatHex(hash) + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK supports SHA-256", e);
    }
  }

  private static String withLineEnd(String text) {
    return text.isEmpty() || text.endsWith("\n") ? text : text + "\n";
  }
}
