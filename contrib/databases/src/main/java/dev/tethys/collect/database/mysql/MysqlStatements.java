package dev.tethys.collect.database.mysql;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.reader.ExplainableStatement;
import dev.tethys.collect.database.reader.PlanHistory;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ShownStatements;
import dev.tethys.collect.database.reader.SlowCalls;
import dev.tethys.collect.database.reader.StatementEvent;
import dev.tethys.collect.database.reader.StatementFigures;
import dev.tethys.collect.database.reader.StatementLoad;
import dev.tethys.collect.database.reader.StatementText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Load of statements between two readings of the digests of the performance schema, and statements
 * that wait for locks. Figures are read without texts; a text is read once, when its statement gets
 * series. Not thread-safe.
 */
final class MysqlStatements {
  /** Value of the label {@code query} for all statements without own series. */
  static final String OTHERS = "~other";

  private static final String OFF = "performance_schema = ON in the server's configuration";
  private static final int MAX_STATEMENTS = 20_000;
  private static final double PICOSECONDS = 1e12;

  record Key(String schema, String digest) {
    long number() {
      return StatementFigures.key(
          schema.hashCode(),
          digest.hashCode(),
          new StringBuilder(digest).reverse().toString().hashCode());
    }
  }

  private record Labels(String schema, String query) {}

  private record Wait(Key waiting, Key blocking, String transaction) {}

  private final ShownStatements<Key> shown;
  private @Nullable StatementFigures before;
  private long nanosBefore;
  private final ReaderTarget.StatementRecords records;
  private final MysqlPlans plans = new MysqlPlans();
  private final SlowCalls slow;
  private final List<StatementEvent> events = new ArrayList<>();

  MysqlStatements(ReaderTarget.Limits limits) {
    this.shown = new ShownStatements<>(limits.textInLabels());
    this.records = limits.statements();
    this.slow = new SlowCalls(records);
  }

  /** Plans and slow calls since the last call. */
  List<StatementEvent> takeEvents() {
    List<StatementEvent> out = List.copyOf(events);
    events.clear();
    return out;
  }

  /** Reads digests and lock waits. */
  void read(MysqlSession s, Map<String, String> variables) throws IOException {
    if (!"ON".equalsIgnoreCase(variables.getOrDefault("performance_schema", "OFF"))) {
      s.parts().failed("statements", "performance_schema is off", OFF);
      return;
    }
    StatementLoad<Key> load = new StatementLoad<>();
    StatementFigures[] now = {new StatementFigures(0)};
    StatementFigures last = before;
    boolean known =
        s.part(
            "statements", "SELECT ON performance_schema.*", () -> now[0] = figures(s, last, load));
    long nanos = System.nanoTime();
    List<Wait> waits = new ArrayList<>();
    if (!s.isMariadb()) {
      s.part("lock waits", "SELECT ON performance_schema.*", () -> waits.addAll(waits(s)));
    }
    List<Key> urgent = new ArrayList<>();
    waits.forEach(w -> urgent.add(w.blocking));
    waits.forEach(w -> urgent.add(w.waiting));
    urgent.removeIf(k -> k.digest.isEmpty());
    List<Key> busiest = load.busiest();
    choose(s, busiest, urgent, nanos);
    if (records.plans()) {
      plans.read(s, variables, candidates(busiest, load), nanos);
      events.addAll(plans.take());
    }
    if (records.samples()) {
      s.part("slow calls", "SELECT ON performance_schema.*", () -> slowCalls(s));
    }
    if (known) {
      if (last != null && nanos > nanosBefore) {
        show(s.out(), load, (nanos - nanosBefore) / 1e9);
      }
      before = now[0];
      nanosBefore = nanos;
    }
    showWaits(s.out(), waits);
    MetricSet texts = s.out();
    shown
        .texts()
        .forEach(
            (query, text) ->
                texts.unprefixedGauge(
                    "db_statement_info",
                    "Text of a statement by its fingerprint; always 1.",
                    1,
                    "query",
                    query,
                    "text",
                    text));
  }

  private static double number(@Nullable String s) {
    Double v = GoNumbers.parse(s);
    return v == null ? 0 : v;
  }

  /** Text of a column, empty for SQL's null. */
  static String text(@Nullable String s) {
    return s == null ? "" : s;
  }

  private static StatementFigures figures(
      MysqlSession s, @Nullable StatementFigures last, StatementLoad<Key> load) throws IOException {
    List<List<@Nullable String>> rows =
        s.query(
                "SELECT SCHEMA_NAME, DIGEST, COUNT_STAR, SUM_TIMER_WAIT, SUM_LOCK_TIME FROM"
                    + " performance_schema.events_statements_summary_by_digest WHERE DIGEST IS NOT"
                    + " NULL LIMIT "
                    + MAX_STATEMENTS)
            .rows();
    StatementFigures out = new StatementFigures(rows.size());
    for (List<@Nullable String> r : rows) {
      Key k = new Key(text(r.get(0)), text(r.get(1)));
      double[] v = {
        number(r.get(2)), number(r.get(3)) / PICOSECONDS, number(r.get(4)) / PICOSECONDS
      };
      out.add(k.number(), v[0], v[1], v[2]);
      if (last != null) {
        load.addDifference(k, last.get(k.number()), v);
      }
    }
    return out;
  }

  private static List<Wait> waits(MysqlSession s) throws IOException {
    List<Wait> out = new ArrayList<>();
    for (List<@Nullable String> r :
        s.query(
                "SELECT rt.PROCESSLIST_DB, re.DIGEST, bt.PROCESSLIST_DB, be.DIGEST,"
                    + " w.REQUESTING_ENGINE_TRANSACTION_ID FROM performance_schema.data_lock_waits"
                    + " w LEFT JOIN performance_schema.threads rt ON rt.THREAD_ID ="
                    + " w.REQUESTING_THREAD_ID LEFT JOIN"
                    + " performance_schema.events_statements_current re ON re.THREAD_ID ="
                    + " w.REQUESTING_THREAD_ID LEFT JOIN performance_schema.threads bt ON"
                    + " bt.THREAD_ID = w.BLOCKING_THREAD_ID LEFT JOIN"
                    + " performance_schema.events_statements_current be ON be.THREAD_ID ="
                    + " w.BLOCKING_THREAD_ID LIMIT 1000")
            .rows()) {
      out.add(
          new Wait(
              new Key(text(r.get(0)), text(r.get(1))),
              new Key(text(r.get(2)), text(r.get(3))),
              text(r.get(4))));
    }
    return out;
  }

  /** Digests as a list of SQL. */
  static String digests(List<Key> keys) {
    return keys.stream()
        .map(k -> "'" + k.digest.replaceAll("[^0-9a-fA-F]", "") + "'")
        .distinct()
        .collect(Collectors.joining(", "));
  }

  private List<PlanHistory.Candidate<Key>> candidates(List<Key> busiest, StatementLoad<Key> load) {
    Set<Key> sorted = new LinkedHashSet<>(busiest);
    Set<Key> all = shown.keys();
    sorted.retainAll(all);
    sorted.addAll(all);
    List<PlanHistory.Candidate<Key>> out = new ArrayList<>();
    for (Key k : sorted) {
      StatementLoad.Load l = load.loads().get(k);
      String fingerprint = shown.fingerprint(k);
      if (fingerprint != null && ExplainableStatement.hasPlan(shown.text(k))) {
        double mean = l == null || l.calls() <= 0 ? 0 : l.seconds() / l.calls();
        out.add(new PlanHistory.Candidate<>(k, k.schema, fingerprint, mean));
      }
    }
    return out;
  }

  /** Reads running calls of other connections. */
  private void slowCalls(MysqlSession s) throws IOException {
    List<SlowCalls.Call> running = new ArrayList<>();
    for (List<@Nullable String> r :
        s.query(
                "SELECT c.THREAD_ID, c.EVENT_ID, t.PROCESSLIST_USER, c.CURRENT_SCHEMA,"
                    + " LEFT(COALESCE(c.DIGEST_TEXT, c.SQL_TEXT), "
                    + StatementText.MAX_LENGTH
                    + "), c.TIMER_WAIT FROM performance_schema.events_statements_current c JOIN"
                    + " performance_schema.threads t ON t.THREAD_ID = c.THREAD_ID WHERE"
                    + " c.END_EVENT_ID IS NULL AND t.PROCESSLIST_ID <> CONNECTION_ID() AND"
                    + " COALESCE(c.DIGEST_TEXT, c.SQL_TEXT) IS NOT NULL ORDER BY c.TIMER_WAIT DESC"
                    + " LIMIT 100")
            .rows()) {
      String text = StatementText.normalize(text(r.get(4)));
      double seconds = number(r.get(5)) / PICOSECONDS;
      if (slow.isSlow(seconds)) {
        running.add(
            new SlowCalls.Call(
                r.get(0) + " " + r.get(1),
                text(r.get(3)),
                StatementText.fingerprint(text),
                text,
                seconds,
                Map.of("db.user", text(r.get(2)))));
      }
    }
    events.addAll(slow.of(running));
  }

  private void choose(MysqlSession s, List<Key> busiest, List<Key> urgent, long nanos)
      throws IOException {
    List<Key> chosen = shown.choose(nanos, busiest, urgent);
    if (chosen.isEmpty()) {
      return;
    }
    Map<Key, String> texts = new HashMap<>();
    String digests = digests(chosen);
    s.part(
        "texts of statements",
        "SELECT ON performance_schema.*",
        () -> {
          for (List<@Nullable String> r :
              s.query(
                      "SELECT SCHEMA_NAME, DIGEST, LEFT(DIGEST_TEXT, "
                          + StatementText.MAX_LENGTH
                          + ") FROM performance_schema.events_statements_summary_by_digest WHERE"
                          + " DIGEST IN ("
                          + digests
                          + ")")
                  .rows()) {
            texts.put(new Key(text(r.get(0)), text(r.get(1))), text(r.get(2)));
          }
        });
    for (Key k : chosen) {
      String text = texts.get(k);
      if (text != null) {
        shown.admit(k, text, nanos);
      }
    }
  }

  private void show(MetricSet out, StatementLoad<Key> load, double interval) {
    Map<Labels, double[]> top = new LinkedHashMap<>();
    for (Key k : shown.keys()) {
      String query = shown.query(k);
      if (query != null) {
        double[] v = top.computeIfAbsent(new Labels(k.schema, query), _ -> new double[3]);
        StatementLoad.Load l = load.loads().get(k);
        if (l != null) {
          v[0] += l.calls();
          v[1] += l.seconds();
          v[2] += l.other();
        }
      }
    }
    top.forEach(
        (l, v) -> {
          String[] labels = {"schema", l.schema, "query", l.query};
          out.gauge(
              "top_query_calls_per_second",
              "Calls of the statement per second.",
              v[0] / interval,
              labels);
          out.gauge(
              "top_query_time_per_second",
              "Time of the statement per second.",
              v[1] / interval,
              labels);
          out.gauge(
              "top_query_lock_time_per_second",
              "Time for which the statement waited for locks per second.",
              v[2] / interval,
              labels);
        });
  }

  private void showWaits(MetricSet out, List<Wait> waits) {
    Map<Labels, List<String>> locked = new LinkedHashMap<>();
    Map<Labels, List<String>> awaiting = new LinkedHashMap<>();
    for (Wait w : waits) {
      locked.computeIfAbsent(labels(w.waiting), _ -> new ArrayList<>()).add(w.transaction);
      awaiting.computeIfAbsent(labels(w.blocking), _ -> new ArrayList<>()).add(w.transaction);
    }
    locked.forEach(
        (l, t) ->
            out.gauge(
                "locked_queries",
                "Statements that wait for a lock.",
                t.stream().distinct().count(),
                "schema",
                l.schema,
                "query",
                l.query));
    awaiting.forEach(
        (l, t) ->
            out.gauge(
                "lock_awaiting_queries",
                "Statements that wait for a lock, by the statement that holds it.",
                t.stream().distinct().count(),
                "schema",
                l.schema,
                "blocking_query",
                l.query));
  }

  private Labels labels(Key k) {
    String query = k.digest.isEmpty() ? "" : shown.query(k);
    return new Labels(k.schema, query == null ? OTHERS : query);
  }
}
