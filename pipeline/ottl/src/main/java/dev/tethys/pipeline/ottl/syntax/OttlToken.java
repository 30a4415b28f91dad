package dev.tethys.pipeline.ottl.syntax;

/** A piece of text; {@code text} is the unescaped content for strings and the digits for bytes. */
record OttlToken(Kind kind, int at, int end, String text) {
  enum Kind {
    WORD,
    STRING,
    INT,
    FLOAT,
    BYTES,
    PUNCTUATION,
    END
  }

  boolean is(String punctuation) {
    return kind == Kind.PUNCTUATION && text.equals(punctuation);
  }

  boolean word(String word) {
    return kind == Kind.WORD && text.equals(word);
  }

  /** Returns the name used in errors. */
  String shown() {
    return switch (kind) {
      case END -> "the end";
      case STRING -> "a string";
      default -> "\"" + text + "\"";
    };
  }
}
