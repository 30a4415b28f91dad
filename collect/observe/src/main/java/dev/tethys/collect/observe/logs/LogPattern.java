package dev.tethys.collect.observe.logs;

import com.google.re2j.Pattern;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Words of a message that do not vary between messages: text in quotes and brackets, numbers and
 * ids are omitted.
 *
 * @param words words in order, at most 100
 */
public record LogPattern(List<String> words) {
  private static final int MOST_WORDS = 100;
  private static final Pattern HEX = Pattern.compile("^(?:0x[0-9a-fA-F]+|[0-9a-fA-F]{4,})$");
  private static final Pattern UUID =
      Pattern.compile("^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$");
  private static final Pattern WORD = Pattern.compile("^[\\pL][\\pL._-]*[\\pL_-]$");

  /** Derives the pattern of a message. */
  public static LogPattern of(String message) {
    List<String> words = new ArrayList<>();
    for (String field : withoutQuoted(message).strip().split("\\s+")) {
      String w = trimmed(field);
      if (w.length() < 2 || isId(w)) {
        continue;
      }
      w = w.replaceAll("\\d", "");
      if (w.length() >= 2 && WORD.matches(w)) {
        words.add(w);
        if (words.size() == MOST_WORDS) {
          break;
        }
      }
    }
    return new LogPattern(List.copyOf(words));
  }

  private static boolean isId(String w) {
    // Words like added and face are not IDs: at least one character must be a digit.
    return UUID.matches(w) || HEX.matches(w) && w.chars().anyMatch(Character::isDigit);
  }

  private static String trimmed(String field) {
    int n = field.length();
    while (n > 0 && "=:],;".indexOf(field.charAt(n - 1)) >= 0) {
      n--;
    }
    return field.substring(0, n);
  }

  /** Message without quoted and bracketed text; unterminated parts are kept. */
  static String withoutQuoted(String message) {
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < message.length()) {
      int end = groupEnd(message, i);
      if (end > 0) {
        i = end;
      } else {
        out.append(message.charAt(i++));
      }
    }
    return out.toString();
  }

  /** Index after the quoted or bracketed text that starts here, or -1. */
  private static int groupEnd(String s, int from) {
    char open = s.charAt(from);
    if (open == '"' || open == '\'') {
      // An apostrophe within a word is not a quote.
      boolean apostrophe = open == '\'' && from > 0 && Character.isLetter(s.charAt(from - 1));
      return apostrophe ? -1 : quoteEnd(s, from);
    }
    if ("([{".indexOf(open) < 0) {
      return -1;
    }
    StringBuilder closers = new StringBuilder();
    for (int i = from; i < s.length(); i++) {
      char c = s.charAt(i);
      int kind = "([{".indexOf(c);
      if (kind >= 0) {
        closers.append(")]}".charAt(kind));
      } else if (c == '"') {
        int end = quoteEnd(s, i);
        i = end > 0 ? end - 1 : i;
      } else if (!closers.isEmpty() && c == closers.charAt(closers.length() - 1)) {
        closers.setLength(closers.length() - 1);
        if (closers.isEmpty()) {
          return i + 1;
        }
      }
    }
    return -1;
  }

  private static int quoteEnd(String s, int from) {
    char quote = s.charAt(from);
    for (int i = from + 1; i < s.length(); i++) {
      if (s.charAt(i) == '\\') {
        i++;
      } else if (s.charAt(i) == quote) {
        return i + 1;
      }
    }
    return -1;
  }

  /** True if at most one word differs. */
  public boolean isWeaklyEqual(LogPattern other) {
    if (words.size() != other.words.size()) {
      return false;
    }
    int differ = 0;
    for (int i = 0; i < words.size() && differ < 2; i++) {
      differ += words.get(i).equals(other.words.get(i)) ? 0 : 1;
    }
    return differ < 2;
  }

  /** Value of the label {@code pattern_hash}. */
  public String hash() {
    try {
      byte[] text = toString().getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has MD5
    }
  }

  @Override
  public String toString() {
    return String.join(" ", words);
  }
}
