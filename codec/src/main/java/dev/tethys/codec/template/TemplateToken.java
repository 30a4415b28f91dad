package dev.tethys.codec.template;

import dev.tethys.model.GoQuote;

/**
 * A token of a template.
 *
 * @param at its offset in the text
 * @param line line of the token's first character, starting at 1
 */
record TemplateToken(Kind kind, int at, String text, int line) {
  enum Kind {
    ERROR,
    BOOL,
    CHAR,
    CHAR_CONSTANT,
    ASSIGN,
    DECLARE,
    EOF,
    FIELD,
    IDENTIFIER,
    LEFT_DELIMITER,
    LEFT_PAREN,
    NUMBER,
    PIPE,
    RAW_STRING,
    RIGHT_DELIMITER,
    RIGHT_PAREN,
    SPACE,
    STRING,
    TEXT,
    VARIABLE,
    DOT,
    NIL,
    BLOCK,
    BREAK,
    CONTINUE,
    DEFINE,
    ELSE,
    END,
    IF,
    RANGE,
    TEMPLATE,
    WITH;

    boolean isKeyword() {
      return ordinal() >= DOT.ordinal();
    }
  }

  /** Token as shown in Go's errors. */
  String shown() {
    if (kind == Kind.EOF) {
      return "EOF";
    }
    if (kind == Kind.ERROR) {
      return text;
    }
    if (kind.isKeyword()) {
      return "<" + text + ">";
    }
    int end = text.offsetByCodePoints(0, Math.min(10, text.codePointCount(0, text.length())));
    return end < text.length()
        ? GoQuote.quote(text.substring(0, end)) + "..."
        : GoQuote.quote(text);
  }
}
