package dev.tethys.api.traces;

import java.util.Map;

/** Reader of {@code key=value key="quoted value"}, as the parameter {@code tags} has it. */
final class Logfmt {
  private Logfmt() {}

  /** Adds the pairs of a text; a key without a value has an empty one. */
  static void read(String text, Map<String, String> to) {
    int i = 0;
    int n = text.length();
    while (i < n) {
      if (text.charAt(i) <= ' ') {
        i++;
        continue;
      }
      int from = i;
      while (i < n && text.charAt(i) > ' ' && text.charAt(i) != '=') {
        i++;
      }
      String key = text.substring(from, i);
      if (key.isEmpty() || key.indexOf('"') >= 0) {
        throw QueryParameters.bad("invalid tags: no key at character " + (from + 1));
      }
      StringBuilder value = new StringBuilder();
      if (i < n && text.charAt(i) == '=') {
        i = value(text, i + 1, value);
      }
      to.put(key, value.toString());
    }
  }

  /** Reads a value; returns the offset after it. */
  private static int value(String text, int from, StringBuilder value) {
    int i = from;
    int n = text.length();
    if (i < n && text.charAt(i) == '"') {
      for (i++; i < n && text.charAt(i) != '"'; i++) {
        if (text.charAt(i) == '\\' && i + 1 < n) {
          i++;
          char c = text.charAt(i);
          value.append(c == 'n' ? '\n' : c == 't' ? '\t' : c);
        } else {
          value.append(text.charAt(i));
        }
      }
      if (i == n) {
        throw QueryParameters.bad("invalid tags: no closing quote after character " + (from + 1));
      }
      return i + 1;
    }
    while (i < n && text.charAt(i) > ' ') {
      value.append(text.charAt(i++));
    }
    return i;
  }
}
