package dev.tethys.collect.exporter.snmp;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Format of bytes in the language of RFC 2579, section 3.1: {@code 1x:} is {@code 0a:1b}. */
final class DisplayHint {
  /** Maximum number of bytes of a piece; no MIB has a larger one. */
  private static final int MAX_LENGTH = 65_535;

  /**
   * One octet-format specification.
   *
   * @param repeated whether the first byte is the number of repetitions
   * @param length length of a piece in bytes
   * @param form x, d, o, a or t
   * @param separator character after a piece; 0 if none
   * @param terminator character after the last repetition; 0 if none
   */
  private record Piece(boolean repeated, int length, char form, char separator, char terminator) {}

  private final String text;
  private final List<Piece> pieces;

  private DisplayHint(String text, List<Piece> pieces) {
    this.text = text;
    this.pieces = pieces;
  }

  /**
   * Reads a hint.
   *
   * @throws IllegalArgumentException if it is not a hint for octets
   */
  static DisplayHint parse(String hint) {
    List<Piece> pieces = new ArrayList<>();
    int i = 0;
    while (i < hint.length()) {
      boolean repeated = hint.charAt(i) == '*';
      i += repeated ? 1 : 0;
      int from = i;
      long length = 0;
      while (i < hint.length() && digit(hint.charAt(i)) && length <= MAX_LENGTH) {
        length = 10 * length + hint.charAt(i++) - '0';
      }
      if (i == from || i == hint.length() || length > MAX_LENGTH) {
        throw new IllegalArgumentException("\"" + hint + "\" is not a DISPLAY-HINT for octets");
      }
      char form = hint.charAt(i++);
      if ("xdoat".indexOf(form) < 0) {
        throw new IllegalArgumentException(
            "\"" + hint + "\": a form is x, d, o, a or t, not " + form);
      }
      char separator = 0;
      char terminator = 0;
      if (i < hint.length() && !digit(hint.charAt(i)) && hint.charAt(i) != '*') {
        separator = hint.charAt(i++);
        if (repeated && i < hint.length() && !digit(hint.charAt(i)) && hint.charAt(i) != '*') {
          terminator = hint.charAt(i++);
        }
      }
      pieces.add(new Piece(repeated, (int) length, form, separator, terminator));
    }
    if (pieces.isEmpty() || pieces.getLast().length == 0 && !pieces.getLast().repeated) {
      throw new IllegalArgumentException("\"" + hint + "\" is not a DISPLAY-HINT for octets");
    }
    return new DisplayHint(hint, List.copyOf(pieces));
  }

  private static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Bytes as text; the last specification is used for all that is left. */
  String write(byte[] b) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int at = 0;
    int next = 0;
    while (at < b.length) {
      Piece p = pieces.get(Math.min(next++, pieces.size() - 1));
      int times = 1;
      if (p.repeated) {
        times = b[at++] & 0xff;
      }
      if (p.length == 0 && !p.repeated && next > pieces.size()) {
        break;
      }
      for (int i = 0; i < times && at < b.length; i++) {
        int end = Math.min(b.length, at + p.length);
        piece(p, b, at, end, out);
        at = end;
        boolean last = i == times - 1;
        if (at < b.length) {
          char behind = last && p.terminator != 0 ? p.terminator : p.separator;
          if (behind != 0) {
            out.writeBytes(String.valueOf(behind).getBytes(StandardCharsets.UTF_8));
          }
        }
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static void piece(Piece p, byte[] b, int from, int to, ByteArrayOutputStream out) {
    if (p.form == 'a' || p.form == 't') {
      out.write(b, from, to - from);
      return;
    }
    String number =
        to == from
            ? ""
            : new java.math.BigInteger(1, b, from, to - from)
                .toString(p.form == 'x' ? 16 : p.form == 'o' ? 8 : 10);
    // Hexadecimal digits are as many as the bytes have.
    out.writeBytes(
        ((p.form == 'x' ? "0".repeat(Math.max(0, 2 * (to - from) - number.length())) : "") + number)
            .getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public String toString() {
    return text;
  }
}
