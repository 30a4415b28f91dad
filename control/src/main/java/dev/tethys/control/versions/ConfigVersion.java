package dev.tethys.control.versions;

import dev.tethys.control.text.Texts;
import java.util.HexFormat;

/**
 * Version of a configuration; never changes.
 *
 * @param number version number, counted per name from 1
 * @param time creation time in Unix milliseconds
 * @param hash SHA-256 of name, number and text, in hexadecimal: the hash that agents report
 * @param validation {@code valid}, or why the text could not be or was not validated
 * @param scope selector of the token that added it; "" for all agents
 */
public record ConfigVersion(
    String name,
    int number,
    long time,
    String author,
    String reason,
    String text,
    String hash,
    String validation,
    String scope) {
  /**
   * Version author.
   *
   * @param scope selector of the token; "" for all agents
   */
  public record Author(String name, String scope) {}

  static ConfigVersion of(
      String name,
      int number,
      long time,
      Author author,
      String reason,
      String text,
      String validation) {
    return new ConfigVersion(
        name,
        number,
        time,
        author.name,
        reason,
        text,
        Texts.sha256(name + "\n" + number + "\n" + text),
        validation,
        author.scope);
  }

  public byte[] hashBytes() {
    return HexFormat.of().parseHex(hash);
  }
}
