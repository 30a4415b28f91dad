package dev.tethys.collect.observe.protocol;

import org.jspecify.annotations.Nullable;

/**
 * Operation of a document of GraphQL.
 *
 * @param type {@code query}, {@code mutation} or {@code subscription}
 * @param name empty if it has none
 */
record GraphqlDocument(String type, String name) {
  /**
   * Reads the operation from the visible part of a document.
   *
   * @param wanted name of the operation if the document has several; empty for the first
   * @return null if the text is not a document
   */
  static @Nullable GraphqlDocument read(String text, String wanted) {
    Reader in = new Reader(text);
    GraphqlDocument first = null;
    while (in.skipIgnored()) {
      if (in.peek() == '{') {
        if (!in.startsSelection()) {
          return first;
        }
        GraphqlDocument found = new GraphqlDocument("query", "");
        first = first == null ? found : first;
      } else {
        String word = in.word();
        if (word.equals("fragment")) {
          in.skipIgnored();
          String fragment = in.word();
          in.skipIgnored();
          if (fragment.isEmpty() || !in.word().equals("on")) {
            return first;
          }
        } else if (word.equals("query") || word.equals("mutation") || word.equals("subscription")) {
          in.skipIgnored();
          String name = in.word();
          in.skipIgnored();
          int next = in.peek();
          if (next != '{' && next != '(' && next != '@') {
            return first;
          }
          GraphqlDocument found = new GraphqlDocument(word, ApiCall.name(name));
          if (wanted.isEmpty() || wanted.equals(name)) {
            return found;
          }
          first = first == null ? found : first;
        } else {
          return first;
        }
      }
      if (!in.skipSelection()) {
        return first; // the rest is not visible
      }
    }
    return first;
  }

  private static final class Reader {
    private final String in;
    private int at;

    Reader(String in) {
      this.in = in;
    }

    /** Passes white space, commas and comments; false at the end. */
    boolean skipIgnored() {
      while (at < in.length()) {
        char c = in.charAt(at);
        if (c == '#') {
          int eol = in.indexOf('\n', at);
          at = eol < 0 ? in.length() : eol;
        } else if (c != ' ' && c != '\n' && c != '\r' && c != '\t' && c != ',' && c != '\ufeff') {
          return true;
        } else {
          at++;
        }
      }
      return false;
    }

    int peek() {
      return at < in.length() ? in.charAt(at) : -1;
    }

    String word() {
      int from = at;
      while (at < in.length() && isWord(in.charAt(at), at > from)) {
        at++;
      }
      return in.substring(from, at);
    }

    private static boolean isWord(char c, boolean digits) {
      return c == '_'
          || c >= 'a' && c <= 'z'
          || c >= 'A' && c <= 'Z'
          || digits && c >= '0' && c <= '9';
    }

    /** True if a brace is followed by a field or fragment, and that by a valid successor. */
    boolean startsSelection() {
      int before = at;
      at++;
      skipIgnored();
      boolean starts;
      if (in.startsWith("...", at)) {
        starts = true;
      } else {
        boolean named = !word().isEmpty();
        skipIgnored();
        int c = peek();
        starts =
            named
                && (c == '{'
                    || c == '}'
                    || c == '('
                    || c == ':'
                    || c == '@'
                    || c == '.'
                    || c >= 0 && isWord((char) c, false));
      }
      at = before;
      return starts;
    }

    /** Passes everything up to the end of the selection; returns false if that is not visible. */
    boolean skipSelection() {
      int depth = 0;
      while (at < in.length()) {
        char c = in.charAt(at++);
        if (c == '"') {
          int end = in.startsWith("\"\"", at) ? in.indexOf("\"\"\"", at + 2) : quote(at);
          if (end < 0) {
            return false;
          }
          at = end + (in.startsWith("\"\"\"", end) ? 3 : 1);
        } else if (c == '{' || c == '(' || c == '[') {
          depth++;
        } else if (c == '}' || c == ')' || c == ']') {
          depth--;
          if (depth == 0 && c == '}') {
            return true;
          }
        }
      }
      return false;
    }

    private int quote(int from) {
      for (int i = from; i < in.length(); i++) {
        if (in.charAt(i) == '\\') {
          i++;
        } else if (in.charAt(i) == '"') {
          return i;
        }
      }
      return -1;
    }
  }
}
