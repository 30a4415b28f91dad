package dev.tethys.codec.sql;

import java.util.Locale;

/** Statements of SQL without the values in them, for metrics, spans and pipelines. */
public final class SqlText {
  /** Longest normalised statement, in characters. */
  public static final int LONGEST = 1024;

  private static final int LONGEST_OPERATION = 24;

  private SqlText() {}

  /**
   * Normalises a statement for counting calls: values become {@code ?}, value lists one {@code ?},
   * comments and redundant white space are dropped, and the result is truncated.
   */
  public static String normalised(String sql, SqlDialect dialect) {
    NormalisedSql n = new NormalisedSql(sql, dialect);
    n.scan();
    return n.text();
  }

  /**
   * A statement with its layout: values, places for them and digits in names are {@code ?},
   * comments are omitted.
   */
  public static String masked(String sql, SqlDialect dialect) {
    Masked m = new Masked(sql, dialect, true);
    m.scan();
    return m.out.toString().strip();
  }

  /** A statement with its layout and its names: only literals and numbers are {@code ?}. */
  public static String withoutValues(String sql, SqlDialect dialect) {
    Masked m = new Masked(sql, dialect, false);
    m.scan();
    return m.out.toString();
  }

  /** First word of a statement in upper case, empty if there is none. */
  public static String operation(String normalised) {
    int i = 0;
    while (i < normalised.length() && !Character.isLetter(normalised.charAt(i))) {
      i++;
    }
    int from = i;
    while (i < normalised.length()
        && Character.isLetter(normalised.charAt(i))
        && i - from < LONGEST_OPERATION) {
      i++;
    }
    return normalised.substring(from, i).toUpperCase(Locale.ROOT);
  }

  private static final class Masked extends SqlScanner {
    private final StringBuilder out;
    private final boolean names; // are masked, too

    Masked(String in, SqlDialect dialect, boolean names) {
      super(in, dialect);
      this.names = names;
      out = new StringBuilder(in.length());
    }

    @Override
    boolean wantsMore() {
      return true;
    }

    @Override
    void value() {
      out.append('?');
    }

    @Override
    void comment() {
      // removed completely
    }

    @Override
    void word(int from, int to) {
      boolean isBoolean =
          to - from == 4 && in.regionMatches(true, from, "true", 0, 4)
              || to - from == 5 && in.regionMatches(true, from, "false", 0, 5);
      if (isBoolean && names) {
        value();
      } else {
        quotedName(from, to);
      }
    }

    @Override
    void quotedName(int from, int to) {
      for (int i = from; i < to; i++) {
        char c = in.charAt(i);
        if (!names || !isDigit(c)) {
          out.append(c);
        } else if (i == from || !isDigit(in.charAt(i - 1))) {
          out.append('?');
        }
      }
    }

    @Override
    void parameter(int from, int to) {
      if (names && in.charAt(from) == '$') {
        value();
      } else {
        quotedName(from, to);
      }
    }

    @Override
    void space(char c) {
      out.append(c);
    }

    @Override
    void other(char c) {
      out.append(c);
    }
  }
}
