package dev.tethys.collect.database.mysql;

import com.google.re2j.Pattern;
import dev.tethys.collect.database.reader.ExplainableStatement;
import dev.tethys.collect.database.reader.ExplainableStatement.NotExplainable;
import dev.tethys.collect.database.reader.PlanHistory;
import dev.tethys.collect.database.reader.PlanHistory.Candidate;
import dev.tethys.collect.database.reader.StatementEvent;
import dev.tethys.collect.database.reader.StatementPlan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Plans of statements by a sample of each, of which MySQL keeps one with each digest; of MariaDB
 * the last statements of each connection serve. Not thread-safe.
 *
 * <p>A statement that writes is explained inside a transaction that may write, as a read-only one
 * rejects it, and that is rolled back; EXPLAIN does not execute it. The connection accepts one
 * statement at a time.
 */
final class MysqlPlans {
  private static final String PART = "plans of statements";
  private static final Set<Integer> RIGHTS = Set.of(1044, 1142, 1143, 1227, 1345, 1370);

  /** Errors that quote names of objects; others may quote values. */
  private static final Set<Integer> NAMING = Set.of(1049, 1054, 1146, 1205);

  private static final Set<Integer> SLOW = Set.of(1205, 1969, 3024);
  private static final int DEFAULT_TEXT_BYTES = 1024;
  private static final int FIRST_WITH_SAMPLES = 8;
  private static final Duration MOST_TIME = Duration.ofSeconds(2);

  /** A value that is a date, a string, and a number in a comparison. */
  private static final String ANY_VALUE = "'2000-01-01'";

  private static final Pattern LIMIT =
      Pattern.compile("(?i)\\b(?:limit|offset)\\s+(?:\\d+\\s*,\\s*)?$");
  private static final Pattern CONSUMER_OFF = Pattern.compile("(?i)no|off|0");

  private final PlanHistory<MysqlStatements.Key> history = new PlanHistory<>();
  private final Map<MysqlStatements.Key, String> refused = new HashMap<>();
  private boolean consumerOff;

  /** Plans, changed plans and failures since the last call. */
  List<StatementEvent> take() {
    return history.take();
  }

  /**
   * Explains the statements that are due, and adds the part to the reading.
   *
   * @param candidates all statements with series
   * @throws IOException if the connection is lost
   */
  void read(
      MysqlSession s,
      Map<String, String> variables,
      List<Candidate<MysqlStatements.Key>> candidates,
      long nanos)
      throws IOException {
    Set<MysqlStatements.Key> keys =
        candidates.stream().map(Candidate::key).collect(Collectors.toSet());
    history.retain(keys);
    refused.keySet().retainAll(keys);
    List<Candidate<MysqlStatements.Key>> due = history.due(nanos, candidates);
    boolean samples = hasSamples(s, variables);
    if (!due.isEmpty() && !samples) {
      consumerOff = isConsumerOff(s);
    }
    if (!due.isEmpty() && !consumerOff) {
      explain(s, variables, due, samples, nanos);
    }
    String problem = refused.values().stream().sorted().findFirst().orElse("");
    if (consumerOff) {
      s.parts()
          .failed(
              PART,
              "the server keeps no texts of statements",
              "performance_schema_consumer_events_statements_current = ON and"
                  + " performance_schema_consumer_events_statements_history = ON in the server's"
                  + " configuration");
    } else if (problem.isEmpty()) {
      s.parts().succeeded(PART);
    } else {
      s.parts().failed(PART, problem, s.grant("SELECT ON *.*"));
    }
  }

  private static boolean hasSamples(MysqlSession s, Map<String, String> variables) {
    String version = variables.getOrDefault("version", "");
    int dot = version.indexOf('.');
    return !s.isMariadb()
        && dot > 0
        && version.substring(0, dot).matches("\\d{1,3}")
        && Integer.parseInt(version.substring(0, dot)) >= FIRST_WITH_SAMPLES;
  }

  private static boolean isConsumerOff(MysqlSession s) throws IOException {
    for (List<@Nullable String> r :
        s.query(
                "SELECT ENABLED FROM performance_schema.setup_consumers WHERE NAME ="
                    + " 'events_statements_current'")
            .rows()) {
      return CONSUMER_OFF.matcher(String.valueOf(r.getFirst())).matches();
    }
    return false;
  }

  private void explain(
      MysqlSession s,
      Map<String, String> variables,
      List<Candidate<MysqlStatements.Key>> due,
      boolean samples,
      long nanos)
      throws IOException {
    int longest = DEFAULT_TEXT_BYTES;
    String configured = variables.getOrDefault("performance_schema_max_sql_text_length", "");
    if (configured.matches("\\d{1,9}")) {
      longest = Integer.parseInt(configured);
    }
    Map<MysqlStatements.Key, String> texts = texts(s, due, samples);
    long begin = System.nanoTime();
    boolean going = true;
    for (Candidate<MysqlStatements.Key> c : due) {
      if (going && System.nanoTime() - begin < MOST_TIME.toNanos()) {
        going = explain(s, c, texts.getOrDefault(c.key(), ""), longest, nanos);
      }
    }
  }

  private static Map<MysqlStatements.Key, String> texts(
      MysqlSession s, List<Candidate<MysqlStatements.Key>> due, boolean samples)
      throws IOException {
    String digests = MysqlStatements.digests(due.stream().map(Candidate::key).toList());
    String left = ", " + (ExplainableStatement.MAX_LENGTH + 1) + ")";
    String sql =
        samples
            ? "SELECT SCHEMA_NAME, DIGEST, LEFT(QUERY_SAMPLE_TEXT"
                + left
                + " FROM performance_schema.events_statements_summary_by_digest WHERE DIGEST IN ("
                + digests
                + ")"
            : "SELECT CURRENT_SCHEMA, DIGEST, LEFT(SQL_TEXT"
                + left
                + " FROM performance_schema.events_statements_history WHERE DIGEST IN ("
                + digests
                + ") UNION ALL SELECT CURRENT_SCHEMA, DIGEST, LEFT(SQL_TEXT"
                + left
                + " FROM performance_schema.events_statements_current WHERE DIGEST IN ("
                + digests
                + ") LIMIT 1000";
    Map<MysqlStatements.Key, String> out = new HashMap<>();
    for (List<@Nullable String> r : s.query(sql).rows()) {
      String text = r.get(2);
      if (text != null && !text.isEmpty()) {
        out.put(
            new MysqlStatements.Key(MysqlStatements.text(r.get(0)), MysqlStatements.text(r.get(1))),
            text);
      }
    }
    return out;
  }

  /** Explains one statement; false if the server is too slow for another one. */
  private boolean explain(
      MysqlSession s, Candidate<MysqlStatements.Key> c, String text, int longest, long nanos)
      throws IOException {
    boolean writes = false;
    try {
      if (text.isEmpty()) {
        throw new NotExplainable("the server has no sample of the statement at present");
      }
      if (text.getBytes(StandardCharsets.UTF_8).length >= longest) {
        throw new NotExplainable(
            "the server cut the text after "
                + longest
                + " bytes; raise performance_schema_max_sql_text_length");
      }
      ExplainableStatement e = ExplainableStatement.of(text);
      writes = e.writes();
      if (!c.key().schema().isEmpty()) {
        s.query("USE `" + c.key().schema().replace("`", "``") + "`");
      }
      history.succeeded(c, StatementPlan.of(plan(s, e)), nanos);
      refused.remove(c.key());
      return true;
    } catch (NotExplainable | IllegalArgumentException e) {
      history.failed(c, String.valueOf(e.getMessage()), nanos);
      return true;
    } catch (MysqlException e) {
      boolean right = RIGHTS.contains(e.code());
      String message = String.valueOf(e.getMessage());
      String reason =
          right || NAMING.contains(e.code()) ? message : StatementPlan.withoutLiterals(message);
      if (right && !writes) {
        refused.put(c.key(), reason);
      } else {
        refused.remove(c.key());
      }
      history.failed(
          c,
          right && writes
              ? reason + "; plans of statements that write need the rights that these need"
              : reason,
          nanos);
      return !SLOW.contains(e.code());
    }
  }

  private static String plan(MysqlSession s, ExplainableStatement e) throws IOException {
    String sql = "EXPLAIN FORMAT=JSON " + withValues(e.text());
    if (!e.writes()) {
      return first(s.query(sql));
    }
    s.query("START TRANSACTION READ WRITE");
    try {
      return first(s.query(sql));
    } finally {
      s.query("ROLLBACK");
    }
  }

  private static String first(MysqlConnection.Rows rows) {
    return rows.rows().isEmpty() || rows.rows().getFirst().isEmpty()
        ? ""
        : MysqlStatements.text(rows.rows().getFirst().getFirst());
  }

  /** Text whose parameters are values: numbers after LIMIT, otherwise {@link #ANY_VALUE}. */
  static String withValues(String statement) {
    StringBuilder out = new StringBuilder(statement.length());
    int i = 0;
    while (i < statement.length()) {
      char c = statement.charAt(i);
      int end = i + 1;
      if (c == '\'' || c == '"' || c == '`') {
        end = endOfQuote(statement, i, c);
        out.append(statement, i, end);
      } else if (statement.startsWith("/*", i)) {
        int close = statement.indexOf("*/", i + 2);
        end = close < 0 ? statement.length() : close + 2;
        out.append(statement, i, end);
      } else if (c == '?') {
        out.append(LIMIT.matcher(out).find() ? "10" : ANY_VALUE);
      } else {
        out.append(c);
      }
      i = end;
    }
    return out.toString();
  }

  private static int endOfQuote(String s, int from, char quote) {
    int i = from + 1;
    while (i < s.length()) {
      char c = s.charAt(i);
      if (c == '\\' && quote != '`') {
        i++;
      } else if (c == quote) {
        return i + 1;
      }
      i++;
    }
    return s.length();
  }
}
