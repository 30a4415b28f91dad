package dev.tethys.query.promql.parser;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import java.util.List;
import java.util.function.BiConsumer;

/** Parser of braces: matchers of a selector, or labels of a series. */
final class PromqlMatcherParser {
  private final PromqlTokenReader in;

  PromqlMatcherParser(PromqlTokenReader in) {
    this.in = in;
  }

  /** Reads matchers up to and including the closing brace, and returns its end. */
  int matchers(List<Matcher> into) {
    String construct = "label matching";
    while (true) {
      PromqlToken t = in.peek();
      if (t.kind() == PromqlTokenKind.RIGHT_BRACE) {
        return in.next().end();
      }
      if (t.kind() != PromqlTokenKind.IDENTIFIER && t.kind() != PromqlTokenKind.STRING) {
        throw in.unexpected(t, construct, "identifier or \"}\"");
      }
      into.add(matcher(construct));
      t = in.peek();
      if (t.kind() == PromqlTokenKind.COMMA) {
        in.next();
      } else if (t.kind() != PromqlTokenKind.RIGHT_BRACE) {
        throw in.unexpected(t, construct, "\",\" or \"}\"");
      }
    }
  }

  private Matcher matcher(String construct) {
    PromqlToken label = in.next();
    boolean quoted = label.kind() == PromqlTokenKind.STRING;
    String name = quoted ? Literals.unquote(label.text()) : label.text();
    Matcher.Type type =
        switch (in.peek().kind()) {
          case EQL -> Matcher.Type.EQUAL;
          case NEQ -> Matcher.Type.NOT_EQUAL;
          case EQL_REGEX -> Matcher.Type.REGEX;
          case NEQ_REGEX -> Matcher.Type.NOT_REGEX;
          default -> {
            if (quoted) {
              yield null;
            }
            throw in.unexpected(in.peek(), construct, "label matching operator");
          }
        };
    if (type == null) {
      return Matcher.equal(Labels.METRIC_NAME, name);
    }
    in.next();
    PromqlToken value = in.peek();
    if (value.kind() != PromqlTokenKind.STRING) {
      throw in.unexpected(value, construct, "string");
    }
    in.next();
    try {
      return Matcher.of(type, name, Literals.unquote(value.text()));
    } catch (IllegalArgumentException e) {
      throw in.error(label.start(), value.end(), String.valueOf(e.getMessage()));
    }
  }

  /** Reads labels up to and including the closing brace. */
  void labelSet(BiConsumer<String, String> into) {
    String construct = "label set";
    while (true) {
      PromqlToken t = in.peek();
      if (t.kind() == PromqlTokenKind.RIGHT_BRACE) {
        in.next();
        return;
      }
      if (t.kind() != PromqlTokenKind.IDENTIFIER && t.kind() != PromqlTokenKind.STRING) {
        throw in.unexpected(t, construct, "identifier or \"}\"");
      }
      in.next();
      boolean quoted = t.kind() == PromqlTokenKind.STRING;
      String name = quoted ? Literals.unquote(t.text()) : t.text();
      if (in.peek().kind() == PromqlTokenKind.EQL) {
        in.next();
        if (in.peek().kind() != PromqlTokenKind.STRING) {
          throw in.unexpected(in.peek(), construct, "string");
        }
        into.accept(name, Literals.unquote(in.next().text()));
      } else if (quoted) {
        into.accept(Labels.METRIC_NAME, name);
      } else {
        throw in.unexpected(in.peek(), construct, "\"=\"");
      }
      if (in.peek().kind() == PromqlTokenKind.COMMA) {
        in.next();
      } else if (in.peek().kind() != PromqlTokenKind.RIGHT_BRACE) {
        throw in.unexpected(in.peek(), construct, "\",\" or \"}\"");
      }
    }
  }
}
