package dev.tethys.alert.manager.receiver;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Parts of e-mails as RFC 2045, 2047 and 5322 write them. */
final class MailText {
  /** The longest encoded word. */
  private static final int MAX_WORD = 75;

  /** The longest line of a quoted-printable body. */
  private static final int MAX_LINE = 76;

  private MailText() {}

  /**
   * Parses the addresses in a list such as {@code Ops <ops@example.org>, "A, B" <ab@example.org>}.
   *
   * @throws IllegalArgumentException if it is not one, or holds no address
   */
  static List<String> addresses(String list) {
    List<String> out = new ArrayList<>();
    for (String part : split(list)) {
      String p = part.strip();
      int open = p.lastIndexOf('<');
      String address =
          open >= 0 && p.endsWith(">") ? p.substring(open + 1, p.length() - 1).strip() : p;
      boolean valid =
          p.chars().noneMatch(Character::isISOControl)
              && address.indexOf('@') > 0
              && address.indexOf('@') < address.length() - 1
              && address.chars().noneMatch(c -> c <= ' ' || "<>,;:\"()[]".indexOf(c) >= 0);
      if (!valid) {
        throw new IllegalArgumentException("\"" + p + "\" is not an e-mail address");
      }
      out.add(address);
    }
    return out;
  }

  private static List<String> split(String list) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < list.length(); i++) {
      char c = list.charAt(i);
      if (c == '\\' && quoted && i + 1 < list.length()) {
        part.append(c).append(list.charAt(++i));
        continue;
      }
      quoted ^= c == '"';
      if (c == ',' && !quoted) {
        parts.add(part.toString());
        part.setLength(0);
      } else {
        part.append(c);
      }
    }
    parts.add(part.toString());
    return parts;
  }

  /** Returns the value of a header: unchanged, or in encoded words if it is not plain ASCII. */
  static String header(String value) {
    if (value.chars().allMatch(c -> c >= ' ' && c < 0x7f || c == '\t')) {
      return value;
    }
    StringBuilder sb = new StringBuilder("=?utf-8?q?");
    int lineStart = 0;
    for (int i = 0; i < value.length(); ) {
      int c = value.codePointAt(i);
      i += Character.charCount(c);
      String encoded = word(c);
      if (sb.length() - lineStart + encoded.length() + 2 > MAX_WORD) {
        sb.append("?=\r\n ");
        lineStart = sb.length();
        sb.append("=?utf-8?q?");
      }
      sb.append(encoded);
    }
    return sb.append("?=").toString();
  }

  private static String word(int c) {
    if (c == ' ') {
      return "_";
    }
    if (c >= '!' && c <= '~' && c != '=' && c != '?' && c != '_') {
      return Character.toString(c);
    }
    StringBuilder sb = new StringBuilder();
    for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
      sb.append(String.format(Locale.ROOT, "=%02X", b & 0xff));
    }
    return sb.toString();
  }

  /** Encodes a body as quoted-printable, with lines ending in CR LF. */
  static String quotedPrintable(String text) {
    StringBuilder out = new StringBuilder(text.length() + text.length() / 8);
    for (String line : text.replace("\r\n", "\n").split("\n", -1)) {
      if (!out.isEmpty()) {
        out.append("\r\n");
      }
      int column = 0;
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < bytes.length; i++) {
        int b = bytes[i] & 0xff;
        boolean last = i == bytes.length - 1;
        boolean plain = b > ' ' && b < 0x7f && b != '=' || (b == ' ' || b == '\t') && !last;
        String s = plain ? String.valueOf((char) b) : String.format(Locale.ROOT, "=%02X", b);
        if (column + s.length() > MAX_LINE - 1) {
          out.append("=\r\n");
          column = 0;
        }
        out.append(s);
        column += s.length();
      }
    }
    return out.toString();
  }
}
