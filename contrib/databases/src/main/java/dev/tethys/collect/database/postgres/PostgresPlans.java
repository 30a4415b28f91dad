package dev.tethys.collect.database.postgres;

import static dev.tethys.collect.database.postgres.PostgresSession.text;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.collect.database.reader.ExplainableStatement;
import dev.tethys.collect.database.reader.ExplainableStatement.NotExplainable;
import dev.tethys.collect.database.reader.PlanHistory;
import dev.tethys.collect.database.reader.PlanHistory.Candidate;
import dev.tethys.collect.database.reader.StatementEvent;
import dev.tethys.collect.database.reader.StatementPlan;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Generic plans of statements of pg_stat_statements, whose literals are parameters: each is
 * prepared and explained with nulls under {@code plan_cache_mode = force_generic_plan}, so the
 * values do not matter. PostgreSQL does not track PREPARE, and tracks EXPLAIN EXECUTE as one
 * statement, so that the agent adds few entries to pg_stat_statements. Not thread-safe.
 */
final class PostgresPlans {
  private static final String PART = "plans of statements";
  private static final int FIRST_MAJOR = 12;
  private static final int ROLE_OF_ALL_TABLES = 14;
  private static final int MAX_PARAMETERS = 500;
  private static final int MAX_ATTEMPTS = 4;
  private static final int MAX_SETTINGS = 10_000;
  private static final Duration MOST_TIME = Duration.ofSeconds(2);
  private static final String NAME = "tethys_plan";
  private static final String USER = "\"$user\"";

  private static final Pattern PARAMETER = Pattern.compile("\\$(\\d{1,5})");

  /** {@code interval '1 day'} is {@code interval $1} in pg_stat_statements, which is not valid. */
  private static final Pattern TYPED =
      Pattern.compile(
          "(?i)\\b(interval|date|timestamptz|timetz|timestamp(?:\\s+with(?:out)?\\s+time\\s+zone)?"
              + "|time(?:\\s+with(?:out)?\\s+time\\s+zone)?)\\s+(\\$\\d+)");

  /** {@code extract(year from x)} is {@code extract($1 from x)} in pg_stat_statements. */
  private static final Pattern EXTRACT =
      Pattern.compile("(?i)\\bextract\\s*\\(\\s*\\$\\d+\\s+from\\b");

  /** Call with a parameter and without other calls inside. */
  private static final Pattern CALL = Pattern.compile("\\b\\w+\\s*\\([^()]*\\$\\d[^()]*\\)");

  private final PlanHistory<PostgresStatements.Key> history = new PlanHistory<>();
  private final Map<PostgresStatements.Key, String> refused = new HashMap<>();

  /** Text of a statement, and its user, whose search path applies. */
  record Text(String original, String user) {}

  /** Number of candidates of a database that are due. */
  int due(List<Candidate<PostgresStatements.Key>> candidates, long nanos) {
    return history.due(nanos, candidates).size();
  }

  /** Plans, changed plans and failures since the last call. */
  List<StatementEvent> take() {
    return history.take();
  }

  /** Forgets all statements except these. */
  void retain(Set<PostgresStatements.Key> keys) {
    history.retain(keys);
    refused.keySet().retainAll(keys);
  }

  /** Adds the part to a reading. */
  void report(PostgresSession s) {
    if (!s.version().isFrom(FIRST_MAJOR, 0)) {
      s.parts().failed(PART, "plans need PostgreSQL " + FIRST_MAJOR + " or later", "");
      return;
    }
    String problem = refused.values().stream().sorted().findFirst().orElse("");
    if (problem.isEmpty()) {
      s.parts().succeeded(PART);
    } else {
      s.parts()
          .failed(
              PART,
              problem,
              s.version().isFrom(ROLE_OF_ALL_TABLES, 0)
                  ? s.grant("pg_read_all_data")
                  : "GRANT SELECT ON ALL TABLES IN SCHEMA … TO the agent's user;");
    }
  }

  /**
   * Explains the statements that are due.
   *
   * @param candidates statements of the database of the session
   * @throws SQLException if the connection is lost
   */
  void read(
      PostgresSession s,
      List<Candidate<PostgresStatements.Key>> candidates,
      Function<PostgresStatements.Key, Text> texts,
      long nanos)
      throws SQLException {
    List<Candidate<PostgresStatements.Key>> due = history.due(nanos, candidates);
    if (due.isEmpty() || !s.version().isFrom(FIRST_MAJOR, 0)) {
      return;
    }
    long begin = System.nanoTime();
    SearchPaths paths = SearchPaths.read(s);
    s.query("select set_config('plan_cache_mode', 'force_generic_plan', false)", _ -> {});
    boolean going = true;
    for (Candidate<PostgresStatements.Key> c : due) {
      if (going && System.nanoTime() - begin < MOST_TIME.toNanos()) {
        going = explain(s, c, texts.apply(c.key()), paths, nanos);
      }
    }
    paths.reset(s);
    s.execute("reset plan_cache_mode");
  }

  /** Explains one statement; false if the server is too slow for another one. */
  private boolean explain(
      PostgresSession s,
      Candidate<PostgresStatements.Key> c,
      Text text,
      SearchPaths paths,
      long nanos)
      throws SQLException {
    boolean writes = false;
    try {
      if (text.original().isEmpty()) {
        throw new NotExplainable("pg_stat_statements does not have the text of the statement");
      }
      ExplainableStatement e = ExplainableStatement.of(text.original());
      writes = e.writes();
      paths.set(s, text.user());
      history.succeeded(c, StatementPlan.of(plan(s, e.text())), nanos);
      refused.remove(c.key());
      return true;
    } catch (NotExplainable | IllegalArgumentException e) {
      history.failed(c, String.valueOf(e.getMessage()), nanos);
      return true;
    } catch (SQLException e) {
      if (PostgresSession.isLost(e)) {
        throw e;
      }
      String state = Objects.requireNonNullElse(e.getSQLState(), "");
      String reason = PostgresSession.message(e);
      boolean hidden = !paths.seesAll && (state.equals("42P01") || state.equals("3F000"));
      if (hidden) {
        reason += ", or the user has no right to its schema";
      }
      if (hidden || state.equals("42501") && !writes) {
        refused.put(c.key(), reason);
      } else {
        refused.remove(c.key());
      }
      history.failed(
          c,
          state.equals("42501") && writes
              ? reason
                  + "; plans of statements that write need the right to write: "
                  + s.grant("pg_write_all_data")
              : reason,
          nanos);
      return !state.equals("57014") && !state.equals("55P03");
    }
  }

  /** The generic plan of a statement in JSON. */
  private static String plan(PostgresSession s, String statement)
      throws SQLException, NotExplainable {
    String sql = EXTRACT.matcher(statement).replaceAll("extract(epoch from");
    sql = TYPED.matcher(sql).replaceAll("$2::$1");
    String[] types = types(sql);
    for (int attempt = 1; ; attempt++) {
      try {
        s.execute(
            "prepare "
                + NAME
                + (types.length == 0 ? "" : "(" + String.join(", ", types) + ")")
                + " as "
                + sql);
        break;
      } catch (SQLException e) {
        if (attempt == 1 && "42803".equals(e.getSQLState())) {
          sql = unified(sql);
          types = types(sql);
          continue;
        }
        int unknown = undetermined(e);
        if (attempt >= MAX_ATTEMPTS || unknown < 1 || unknown > types.length) {
          throw e;
        }
        types[unknown - 1] = "text";
      }
    }
    try {
      String[] plan = {""};
      String nulls = "null, ".repeat(types.length);
      s.rows(
          "explain (format json) execute "
              + NAME
              + (nulls.isEmpty() ? "" : "(" + nulls.substring(0, nulls.length() - 2) + ")"),
          r -> plan[0] = text(r, 1));
      return plan[0];
    } finally {
      s.execute("deallocate " + NAME);
    }
  }

  /**
   * Statement whose equal calls have equal parameters: {@code date_trunc('day', at)} is {@code
   * date_trunc($1, at)} in the selected columns and {@code date_trunc($2, at)} after GROUP BY,
   * which the server takes for different expressions.
   */
  static String unified(String sql) {
    Map<String, String> first = new HashMap<>();
    StringBuilder out = new StringBuilder(sql.length());
    Matcher m = CALL.matcher(sql);
    int end = 0;
    while (m.find()) {
      String call = m.group();
      String known = first.putIfAbsent(PARAMETER.matcher(call).replaceAll("?"), call);
      out.append(sql, end, m.start()).append(known == null ? call : known);
      end = m.end();
    }
    return out.append(sql.substring(end)).toString();
  }

  /** Types of the parameters: unknown to the server, or text for those that are not used. */
  private static String[] types(String sql) throws NotExplainable {
    int most = 0;
    boolean[] used = new boolean[MAX_PARAMETERS + 1];
    Matcher m = PARAMETER.matcher(sql);
    while (m.find()) {
      int n = Integer.parseInt(m.group(1));
      if (n > MAX_PARAMETERS) {
        throw new NotExplainable("the statement has more than " + MAX_PARAMETERS + " parameters");
      }
      if (n > 0) {
        used[n] = true;
        most = Math.max(most, n);
      }
    }
    String[] out = new String[most];
    for (int i = 0; i < most; i++) {
      out[i] = used[i + 1] ? "unknown" : "text";
    }
    return out;
  }

  /** Number of the parameter whose type the server could not determine, otherwise 0. */
  private static int undetermined(SQLException e) {
    if (!"42P18".equals(e.getSQLState())) {
      return 0;
    }
    Matcher m = PARAMETER.matcher(PostgresSession.message(e));
    return m.find() ? Integer.parseInt(m.group(1)) : 0;
  }

  /** Search paths of the users of a database, whose statements name tables without schema. */
  private static final class SearchPaths {
    private final Map<String, String> byUser = new HashMap<>();
    private final String usual;
    private final boolean seesAll;
    private String current;

    private SearchPaths(String usual, boolean seesAll) {
      this.usual = usual;
      this.seesAll = seesAll;
      this.current = usual;
    }

    static SearchPaths read(PostgresSession s) throws SQLException {
      String[] usual = {""};
      s.rows("show search_path", r -> usual[0] = text(r, 1));
      boolean[] all = {s.version().isFrom(ROLE_OF_ALL_TABLES, 0)};
      if (all[0]) {
        s.rows(
            "select pg_has_role(current_user, 'pg_read_all_data', 'usage')",
            r -> all[0] = r.getBoolean(1));
      }
      SearchPaths out = new SearchPaths(usual[0], all[0]);
      s.rows(
          "select r.rolname, substr(c, length('search_path=') + 1) from"
              + " pg_catalog.pg_db_role_setting s join pg_catalog.pg_roles r on r.oid = s.setrole,"
              + " unnest(s.setconfig) c where c like 'search\\_path=%' and s.setdatabase in (0,"
              + " (select oid from pg_catalog.pg_database where datname = current_database()))"
              + " order by s.setdatabase limit "
              + MAX_SETTINGS,
          r -> out.byUser.put(text(r, 1), text(r, 2)));
      return out;
    }

    void set(PostgresSession s, @Nullable String user) throws SQLException {
      String path = user == null ? usual : byUser.getOrDefault(user, usual);
      if (user != null && !user.isEmpty()) {
        path = path.replace(USER, PostgresSession.identifier(user));
      }
      if (!path.equals(current)) {
        current = path;
        s.query(
            "select set_config('search_path', '" + path.replace("'", "''") + "', false)", _ -> {});
      }
    }

    void reset(PostgresSession s) throws SQLException {
      if (!current.equals(usual)) {
        s.execute("reset search_path");
      }
    }
  }
}
