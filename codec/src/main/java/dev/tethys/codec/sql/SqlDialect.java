package dev.tethys.codec.sql;

/**
 * Lexical rules of a database, as its settings are. Where a setting is unknown, text whose meaning
 * depends on it is masked up to the end of the statement.
 *
 * @param backslash meaning of a backslash in a literal
 * @param doubleQuotes meaning of double quotes
 * @param nested whether comments are nested
 * @param dashes whether two dashes start a comment without white space after them
 * @param hash whether a hash starts a comment
 * @param features other properties
 */
public record SqlDialect(
    Backslash backslash,
    DoubleQuotes doubleQuotes,
    Rule nested,
    Rule dashes,
    Rule hash,
    Features features) {

  /** Interpretation of a backslash in literals. */
  public enum Backslash {
    /** An ordinary character, depending on standard_conforming_strings and NO_BACKSLASH_ESCAPES. */
    TEXT,
    ESCAPE,
    UNKNOWN
  }

  /** Interpretation of double quotes. */
  public enum DoubleQuotes {
    NAME,
    VALUE,
    /** By a setting a name or a value; masked. */
    UNKNOWN
  }

  /** Response to a question about a database. */
  public enum Rule {
    YES,
    NO,
    UNKNOWN
  }

  /**
   * Properties independent of settings.
   *
   * @param escapeLiterals E'..' has escapes
   * @param dollarQuotes $tag$..$tag$
   * @param executableComments /*! ..*&#47; is code
   * @param bracketNames names in brackets
   * @param slashComments two slashes start a comment
   * @param quoteLiterals q'[..]'
   */
  public record Features(
      boolean escapeLiterals,
      boolean dollarQuotes,
      boolean executableComments,
      boolean bracketNames,
      boolean slashComments,
      Rule quoteLiterals) {}

  private static final Features POSTGRES = new Features(true, true, false, false, false, Rule.NO);
  private static final Features MY = new Features(false, false, true, false, false, Rule.NO);

  /** PostgreSQL with default settings. */
  public static final SqlDialect POSTGRESQL = postgresql(Backslash.TEXT);

  /** MySQL and MariaDB with default settings. */
  public static final SqlDialect MYSQL = mysql(Backslash.ESCAPE, DoubleQuotes.VALUE);

  /** SQL Server. */
  public static final SqlDialect SQL_SERVER =
      new SqlDialect(
          Backslash.TEXT,
          DoubleQuotes.VALUE,
          Rule.YES,
          Rule.YES,
          Rule.NO,
          new Features(false, false, false, true, false, Rule.NO));

  /** Oracle Database. */
  public static final SqlDialect ORACLE =
      new SqlDialect(
          Backslash.TEXT,
          DoubleQuotes.NAME,
          Rule.NO,
          Rule.YES,
          Rule.NO,
          new Features(false, false, false, false, false, Rule.YES));

  /** SQLite. */
  public static final SqlDialect SQLITE =
      new SqlDialect(
          Backslash.TEXT,
          DoubleQuotes.VALUE,
          Rule.NO,
          Rule.YES,
          Rule.NO,
          new Features(false, false, false, true, false, Rule.NO));

  /** ClickHouse. */
  public static final SqlDialect CLICKHOUSE =
      new SqlDialect(
          Backslash.ESCAPE,
          DoubleQuotes.VALUE,
          Rule.UNKNOWN,
          Rule.YES,
          Rule.YES,
          new Features(false, true, false, false, false, Rule.NO));

  /** Cassandra's query language. */
  public static final SqlDialect CASSANDRA =
      new SqlDialect(
          Backslash.TEXT,
          DoubleQuotes.NAME,
          Rule.NO,
          Rule.YES,
          Rule.NO,
          new Features(false, true, false, false, true, Rule.NO));

  /** Unknown database. */
  public static final SqlDialect UNKNOWN =
      new SqlDialect(
          Backslash.UNKNOWN,
          DoubleQuotes.UNKNOWN,
          Rule.UNKNOWN,
          Rule.UNKNOWN,
          Rule.UNKNOWN,
          new Features(true, true, true, true, false, Rule.UNKNOWN));

  /** PostgreSQL with a setting of standard_conforming_strings. */
  public static SqlDialect postgresql(Backslash backslash) {
    return new SqlDialect(backslash, DoubleQuotes.NAME, Rule.YES, Rule.YES, Rule.NO, POSTGRES);
  }

  /**
   * MySQL with settings of its sql_mode.
   *
   * @param backslash meaning of a backslash, as set by NO_BACKSLASH_ESCAPES
   * @param doubleQuotes meaning of double quotes, as set by ANSI_QUOTES
   */
  public static SqlDialect mysql(Backslash backslash, DoubleQuotes doubleQuotes) {
    return new SqlDialect(backslash, doubleQuotes, Rule.NO, Rule.NO, Rule.YES, MY);
  }
}
