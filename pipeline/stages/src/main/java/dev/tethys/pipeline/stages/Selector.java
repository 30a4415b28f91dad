package dev.tethys.pipeline.stages;

import dev.tethys.codec.template.GoStrings;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.regex.Regex;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Subset of LogQL for the match stage: a stream selector followed by line filters. {@code {app="a",
 * env=~"b|c"} |= "text" != "text" |~ "expression" !~ "expression"}
 */
final class Selector {
  private final List<Matcher> matchers = new ArrayList<>();
  private final List<Predicate<String>> filters = new ArrayList<>();
  private final String text;
  private int at;

  private Selector(String text) {
    this.text = text;
  }

  /**
   * Parses a selector.
   *
   * @throws IllegalArgumentException if the syntax is invalid
   */
  static Selector parse(String text) {
    Selector s = new Selector(text);
    s.read();
    return s;
  }

  boolean matches(Labels labels, String line) {
    if (!Matcher.matchAll(matchers, labels)) {
      return false;
    }
    for (Predicate<String> f : filters) {
      if (!f.test(line)) {
        return false;
      }
    }
    return true;
  }

  private IllegalArgumentException expected(String what) {
    return new IllegalArgumentException(
        "invalid selector syntax for match stage: " + what + " expected at column " + (at + 1));
  }

  private void space() {
    while (at < text.length() && text.charAt(at) <= ' ') {
      at++;
    }
  }

  private boolean takeIf(String s) {
    space();
    if (!text.startsWith(s, at)) {
      return false;
    }
    at += s.length();
    return true;
  }

  private void read() {
    if (!takeIf("{")) {
      throw expected("{");
    }
    do {
      matcher();
    } while (takeIf(","));
    if (!takeIf("}")) {
      throw expected("} or ,");
    }
    space();
    while (at < text.length()) {
      filter();
      space();
    }
  }

  private void matcher() {
    space();
    int start = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
      at++;
    }
    String name = text.substring(start, at);
    if (name.isEmpty() || Character.isDigit(name.charAt(0))) {
      throw expected("a label name");
    }
    Matcher.Type type =
        takeIf("=~")
            ? Matcher.Type.REGEX
            : takeIf("!~")
                ? Matcher.Type.NOT_REGEX
                : takeIf("!=") ? Matcher.Type.NOT_EQUAL : takeIf("=") ? Matcher.Type.EQUAL : null;
    if (type == null) {
      throw expected("=, !=, =~ or !~");
    }
    matchers.add(Matcher.of(type, name, string()));
  }

  private void filter() {
    if (takeIf("|=")) {
      String s = string();
      filters.add(line -> line.contains(s));
    } else if (takeIf("!=")) {
      String s = string();
      filters.add(line -> !line.contains(s));
    } else if (takeIf("|~")) {
      Regex r = expression();
      filters.add(line -> r.find(line));
    } else if (takeIf("!~")) {
      Regex r = expression();
      filters.add(line -> !r.find(line));
    } else {
      throw expected("|=, !=, |~ or !~");
    }
  }

  private Regex expression() {
    return Regex.compile(string());
  }

  private String string() {
    space();
    int start = at;
    char quote = at < text.length() ? text.charAt(at) : 0;
    if (quote != '"' && quote != '`') {
      throw expected("a string in quotes");
    }
    at++;
    while (at < text.length() && text.charAt(at) != quote) {
      at += quote == '"' && text.charAt(at) == '\\' ? 2 : 1;
    }
    if (at >= text.length()) {
      at = start;
      throw expected("a closing quote");
    }
    at++;
    String s =
        quote == '`'
            ? text.substring(start + 1, at - 1)
            : GoStrings.unquote(text.substring(start, at));
    if (s == null) {
      at = start;
      throw expected("a string with valid escapes");
    }
    return s;
  }
}
