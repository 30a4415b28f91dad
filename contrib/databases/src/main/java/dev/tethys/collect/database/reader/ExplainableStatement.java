package dev.tethys.collect.database.reader;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Locale;
import java.util.Set;

/**
 * Statement that may be explained: a single SELECT, INSERT, UPDATE, DELETE, MERGE, REPLACE or WITH.
 * EXPLAIN without ANALYZE does not execute these. All else is rejected, as EXPLAIN might execute
 * it, and so is a text with a semicolon in its middle, which could be several statements.
 *
 * @param text without the semicolons at its end
 * @param writes whether it changes data
 */
public record ExplainableStatement(String text, boolean writes) {
  /** Most characters of a statement. */
  public static final int MAX_LENGTH = 16 << 10;

  private static final Set<String> READS = Set.of("select", "with", "values", "table");
  private static final Set<String> WRITES =
      Set.of("insert", "update", "delete", "merge", "replace");
  private static final Pattern CHANGES =
      Pattern.compile("\\b(?:insert|update|delete|merge|replace|into|lock)\\b");
  private static final Pattern FILE = Pattern.compile("\\binto\\s+(?:outfile|dumpfile|@)");
  private static final Pattern WORD = Pattern.compile("^[\\s(]*([a-z]+)\\b");

  /** Reason for which a statement cannot be explained. */
  public static final class NotExplainable extends Exception {
    private static final long serialVersionUID = 1;

    public NotExplainable(String reason) {
      super(reason);
    }
  }

  private static String firstWord(String plain) {
    Matcher m = WORD.matcher(plain);
    return m.find() ? m.group(1) : "";
  }

  /**
   * Whether statements of this kind have plans, unlike BEGIN, SET or VACUUM.
   *
   * @param normalized text of the statement
   */
  public static boolean hasPlan(String normalized) {
    String first = firstWord(normalized);
    return READS.contains(first) || WRITES.contains(first);
  }

  /**
   * Checks a statement.
   *
   * @throws NotExplainable with the reason
   */
  public static ExplainableStatement of(String statement) throws NotExplainable {
    if (statement.length() > MAX_LENGTH) {
      throw new NotExplainable("the statement has more than " + MAX_LENGTH + " characters");
    }
    if (statement.indexOf('\0') >= 0) {
      throw new NotExplainable("the statement holds a null character");
    }
    String text = statement.strip();
    while (text.endsWith(";")) {
      text = text.substring(0, text.length() - 1).stripTrailing();
    }
    String plain = StatementText.withoutComments(text.toLowerCase(Locale.ROOT));
    String first = firstWord(plain);
    boolean writes = WRITES.contains(first);
    if (!writes && !READS.contains(first)) {
      throw new NotExplainable(
          "only SELECT, INSERT, UPDATE, DELETE, MERGE and WITH have plans, not "
              + (first.isEmpty() ? "this statement" : first.toUpperCase(Locale.ROOT)));
    }
    if (FILE.matcher(plain).find()) {
      throw new NotExplainable("SELECT INTO has no plan");
    }
    if (plain.indexOf(';') >= 0) {
      throw new NotExplainable("the text has more than one statement");
    }
    return new ExplainableStatement(text, writes || CHANGES.matcher(plain).find());
  }
}
