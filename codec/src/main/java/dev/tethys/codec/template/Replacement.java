package dev.tethys.codec.template;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Map;

/** Replaces matches as Go's regexp does: {@code $1}, {@code ${name}}, {@code $$}. */
final class Replacement {
  private Replacement() {}

  /** The text with every match of the pattern replaced. */
  static String all(Pattern pattern, String text, String replacement) {
    Matcher m = pattern.matcher(text);
    StringBuilder sb = new StringBuilder();
    int end = 0;
    while (m.find()) {
      sb.append(text, end, m.start());
      TextLimit.check(sb.length() + (long) replacement.length());
      expand(sb, m, replacement, pattern.namedGroups());
      end = m.end();
    }
    return sb.append(text, end, text.length()).toString();
  }

  private static void expand(StringBuilder sb, Matcher m, String r, Map<String, Integer> names) {
    int i = 0;
    while (i < r.length()) {
      char c = r.charAt(i++);
      if (c != '$' || i == r.length()) {
        sb.append(c);
        continue;
      }
      if (r.charAt(i) == '$') {
        sb.append('$');
        i++;
        continue;
      }
      boolean braces = r.charAt(i) == '{';
      int start = braces ? i + 1 : i;
      int stop = start;
      while (stop < r.length()
          && (Character.isLetterOrDigit(r.charAt(stop)) || r.charAt(stop) == '_')) {
        stop++;
      }
      if (stop == start || braces && (stop == r.length() || r.charAt(stop) != '}')) {
        sb.append('$');
        continue;
      }
      String name = r.substring(start, stop);
      i = braces ? stop + 1 : stop;
      Integer group =
          name.matches("\\d{1,6}") ? Integer.valueOf(name) : names.getOrDefault(name, -1);
      if (group >= 0 && group <= m.groupCount() && m.group(group) != null) {
        TextLimit.check(sb.length() + (long) m.end(group) - m.start(group));
        sb.append(m.group(group));
      }
    }
  }
}
