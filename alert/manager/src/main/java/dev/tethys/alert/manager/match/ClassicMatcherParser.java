package dev.tethys.alert.manager.match;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads matchers in the older syntax, which is lenient: values may lack quotes and contain almost
 * anything; braces and a final comma are optional. Error messages are Alertmanager's.
 */
final class ClassicMatcherParser {
  private static final Pattern FORM =
      Pattern.compile("^\\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\\s*(=~|=|!=|!~)\\s*((?s).*?)\\s*$");

  private ClassicMatcherParser() {}

  static List<LabelMatcher> parseAll(String input) {
    String s = input.startsWith("{") ? input.substring(1) : input;
    s = s.endsWith("}") ? s.substring(0, s.length() - 1) : s;
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    boolean quoted = false;
    boolean escaped = false;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case ',' -> {
          if (!quoted) {
            parts.add(part.toString());
            part.setLength(0);
            continue;
          }
        }
        case '"' -> {
          if (escaped) {
            escaped = false;
          } else {
            quoted = !quoted;
          }
        }
        case '\\' -> escaped = !escaped;
        default -> escaped = false;
      }
      part.append(c);
    }
    if (!part.toString().isBlank()) {
      parts.add(part.toString().strip());
    }
    List<LabelMatcher> out = new ArrayList<>();
    for (String p : parts) {
      out.add(parse(p));
    }
    return out;
  }

  static LabelMatcher parse(String s) {
    Matcher m = FORM.matcher(s);
    if (!m.find()) {
      throw new IllegalArgumentException("bad matcher format: " + s);
    }
    LabelMatcher.Type type =
        switch (m.group(2)) {
          case "=" -> LabelMatcher.Type.EQUAL;
          case "!=" -> LabelMatcher.Type.NOT_EQUAL;
          case "=~" -> LabelMatcher.Type.REGEX;
          default -> LabelMatcher.Type.NOT_REGEX;
        };
    return LabelMatcher.of(type, m.group(1), value(m.group(3)));
  }

  private static String value(String written) {
    boolean quoted = written.startsWith("\"");
    String raw = quoted ? written.substring(1) : written;
    StringBuilder sb = new StringBuilder(raw.length());
    boolean escaped = false;
    boolean open = quoted;
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (escaped) {
        escaped = false;
        switch (c) {
          case 'n' -> sb.append('\n');
          case '"', '\\' -> sb.append(c);
          default -> sb.append('\\').append(c);
        }
      } else if (c == '\\' && i < raw.length() - 1) {
        escaped = true;
      } else if (c == '"') {
        if (!open || i < raw.length() - 1) {
          throw unescaped(written);
        }
        open = false;
      } else {
        sb.append(c);
      }
    }
    if (open) {
      throw unescaped(written);
    }
    return sb.toString();
  }

  private static IllegalArgumentException unescaped(String written) {
    return new IllegalArgumentException(
        "matcher value contains unescaped double quote: " + written);
  }
}
