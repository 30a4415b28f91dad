package dev.tethys.collect.database.postgres;

import static dev.tethys.collect.database.postgres.PostgresSession.text;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.postgres.PostgresActivity.Backend;
import dev.tethys.collect.database.reader.ExplainableStatement;
import dev.tethys.collect.database.reader.LatencySummary;
import dev.tethys.collect.database.reader.PlanHistory;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ShownStatements;
import dev.tethys.collect.database.reader.SlowCalls;
import dev.tethys.collect.database.reader.StatementEvent;
import dev.tethys.collect.database.reader.StatementFigures;
import dev.tethys.collect.database.reader.StatementLoad;
import dev.tethys.collect.database.reader.StatementText;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Load of statements between two readings: totals of {@code pg_stat_statements}, to which the parts
 * of running statements are added that fall into the interval. Keeps the figures of one reading.
 * Not thread-safe.
 *
 * <p>Figures are read without texts; a text is read once, when its statement gets series.
 */
final class PostgresStatements {
  /** Value of the label {@code query} for all statements without own series. */
  static final String OTHERS = "~other";

  private static final int MAX_STATEMENTS = 20_000;
  private static final int MAX_NAMES = 20_000;
  private static final int MAX_CONNECTION_SERIES = 100;
  private static final String EXTENSION = "pg_stat_statements";

  /** Statement of a user in a database; the id is of pg_stat_statements. */
  record Key(long database, long user, long query) {}

  private record Labels(String database, String user, String query) {}

  private record Snapshot(StatementFigures figures, PostgresActivity activity, long nanos) {}

  private final ShownStatements<Key> shown;
  private final boolean plans;
  private final PostgresTexts reader;
  private final SlowCalls slow;
  private List<StatementEvent> samples = List.of();
  private Map<Long, String> roles = Map.of();
  private Map<Key, Double> means = Map.of();
  private List<Key> order = List.of();
  private @Nullable Snapshot before;

  PostgresStatements(ReaderTarget.Limits limits) {
    this.shown = new ShownStatements<>(limits.textInLabels());
    this.plans = limits.statements().plans();
    this.reader =
        new PostgresTexts(plans ? ExplainableStatement.MAX_LENGTH + 1 : StatementText.MAX_LENGTH);
    this.slow = new SlowCalls(limits.statements());
  }

  /**
   * Reads statements and connections.
   *
   * @param databases names by id
   */
  void read(PostgresSession s, Map<Long, String> databases) throws SQLException {
    @Nullable PostgresActivity[] read = new PostgresActivity[1];
    s.part("connections", () -> read[0] = PostgresActivity.read(s));
    PostgresActivity activity = read[0];
    if (activity == null) {
      return;
    }
    Map<Key, double[]> totals = new HashMap<>();
    String[] schema = {""};
    boolean known = s.part("statements", () -> schema[0] = totals(s, totals));
    // The interval is that between the totals: other parts of a reading take different times.
    long nanos = System.nanoTime();
    StatementFigures figures = new StatementFigures(totals.size());
    totals.forEach(
        (k, v) -> figures.add(StatementFigures.key(k.database, k.user, k.query), v[0], v[1], v[2]));
    Snapshot current = new Snapshot(figures, activity, nanos);
    Snapshot last = before;
    before = known ? current : last;
    StatementLoad<Key> load = new StatementLoad<>();
    Map<Key, String> texts = new HashMap<>();
    if (known && last != null) {
      totals.forEach(
          (k, v) ->
              load.addDifference(
                  k, last.figures.get(StatementFigures.key(k.database, k.user, k.query)), v));
      running(last.activity, activity, load);
    }
    List<Key> blockers = blockers(activity, texts);
    List<Key> busiest = load.busiest();
    choose(s, schema[0], busiest, blockers, texts, nanos);
    rank(busiest, load);
    samples = slow.of(slowCalls(activity));
    connections(s.out(), activity);
    if (known && last != null && nanos > last.nanos) {
      loads(s, databases, load, (nanos - last.nanos) / 1e9);
    }
    shown
        .texts()
        .forEach(
            (query, text) ->
                s.out()
                    .gauge(
                        "db_statement_info",
                        "Text of a statement by its fingerprint; always 1.",
                        1,
                        "query",
                        query,
                        "text",
                        text));
  }

  /** Reads the totals of all statements; returns the schema of the extension. */
  private static String totals(PostgresSession s, Map<Key, double[]> to) throws SQLException {
    String[] schema = {""};
    s.rows(
        "select n.nspname from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid ="
            + " e.extnamespace where e.extname = '"
            + EXTENSION
            + "'",
        r -> schema[0] = PostgresSession.identifier(text(r, 1)));
    if (schema[0].isEmpty()) {
      throw new SQLException("extension " + EXTENSION + " is missing in this database", "42704");
    }
    String time = s.version().isFrom(13, 0) ? "total_plan_time + total_exec_time" : "total_time";
    String io =
        s.version().isFrom(17, 0)
            ? "shared_blk_read_time + shared_blk_write_time + local_blk_read_time"
                + " + local_blk_write_time + temp_blk_read_time + temp_blk_write_time"
            : "blk_read_time + blk_write_time";
    s.rows(
        "select dbid, userid, queryid, calls, "
            + time
            + ", "
            + io
            + " from "
            + schema[0]
            + ".pg_stat_statements(false) where queryid is not null limit "
            + MAX_STATEMENTS,
        r -> {
          double[] v =
              to.computeIfAbsent(
                  new Key(r.getLong(1), r.getLong(2), r.getLong(3)), _ -> new double[3]);
          v[0] += r.getDouble(4);
          v[1] += r.getDouble(5) / 1000;
          v[2] += r.getDouble(6) / 1000;
        });
    return schema[0];
  }

  /**
   * Adds running statements, and subtracts what the last reading counted of those that have ended
   * since: the totals have them whole.
   */
  private void running(PostgresActivity last, PostgresActivity now, StatementLoad<Key> load) {
    now.backends()
        .forEach(
            (pid, b) -> {
              Key k = key(b);
              if (k != null && b.isActive() && b.client() && !b.own()) {
                double seconds = b.within(last.seconds(), now.seconds());
                load.addRunning(k, seconds, b.waitType().equals("IO") ? seconds : 0);
              }
            });
    last.backends()
        .forEach(
            (pid, b) -> {
              Key k = key(b);
              if (k == null || !b.isActive() || !b.client() || b.own()) {
                return;
              }
              // A call that ran for several readings has been counted from its start.
              double seconds = Math.max(0, last.seconds() - b.start());
              Backend current = now.backends().get(pid);
              boolean runs = current != null && current.isActive() && current.start() == b.start();
              if (runs) {
                load.subtractCounted(k, 0, 0);
              } else {
                load.subtractCounted(k, seconds, b.waitType().equals("IO") ? seconds : 0);
              }
            });
  }

  /** Statement of a connection; null if it has none or is unknown. */
  private @Nullable Key key(Backend b) {
    if (b.text().isEmpty()) {
      return null;
    }
    if (b.query() != 0) {
      return new Key(b.databaseId(), b.userId(), b.query());
    }
    String normalized = StatementText.normalize(b.text());
    return shown.find(normalized, k -> k.database == b.databaseId() && k.user == b.userId());
  }

  private List<Key> blockers(PostgresActivity a, Map<Key, String> texts) {
    List<Key> out = new ArrayList<>();
    for (Backend b : a.backends().values()) {
      Backend blocker = b.blocker() == 0 ? null : a.backends().get(b.blocker());
      Key k = blocker == null ? null : key(blocker);
      if (k != null && blocker != null) {
        texts.put(k, blocker.text());
        out.add(k);
      }
    }
    a.backends()
        .values()
        .forEach(
            b -> {
              Key k = key(b);
              if (k != null) {
                texts.putIfAbsent(k, b.text());
              }
            });
    return out;
  }

  private void choose(
      PostgresSession s,
      String schema,
      List<Key> busiest,
      List<Key> urgent,
      Map<Key, String> texts,
      long nanos)
      throws SQLException {
    List<Key> chosen = shown.choose(nanos, busiest, urgent);
    if (chosen.isEmpty()) {
      reader.read(s, schema, List.of(), nanos);
      return;
    }
    Map<Key, String> originals = Map.of();
    if (!schema.isEmpty()) {
      Set<Key> wanted = new LinkedHashSet<>(chosen);
      shown.keys().stream().filter(k -> plans && shown.original(k).isEmpty()).forEach(wanted::add);
      originals = reader.read(s, schema, wanted, nanos);
      texts.putAll(originals);
      originals.forEach(shown::original);
    }
    for (Key k : chosen) {
      String text = texts.get(k);
      if (text != null) {
        shown.admit(k, text, plans ? originals.getOrDefault(k, "") : "", nanos);
      }
    }
    if (chosen.stream().anyMatch(k -> !roles.containsKey(k.user))) {
      Map<Long, String> names = new HashMap<>();
      s.part(
          "names of users",
          () ->
              s.rows(
                  "select oid, rolname from pg_catalog.pg_roles limit " + MAX_NAMES,
                  r -> names.put(r.getLong(1), text(r, 2))));
      roles = names;
    }
  }

  private List<SlowCalls.Call> slowCalls(PostgresActivity a) {
    List<SlowCalls.Call> out = new ArrayList<>();
    a.backends()
        .forEach(
            (pid, b) -> {
              double seconds = b.start() == 0 ? 0 : a.seconds() - b.start();
              if (b.isActive() && b.client() && !b.own() && slow.isSlow(seconds)) {
                Key k = key(b);
                String known = k == null ? "" : shown.text(k);
                String text = known.isEmpty() ? StatementText.normalize(b.text()) : known;
                out.add(
                    new SlowCalls.Call(
                        pid + " " + b.start(),
                        b.database(),
                        StatementText.fingerprint(text),
                        text,
                        seconds,
                        Map.of("db.user", b.user(), "db.wait_event_type", b.waitType())));
              }
            });
    return out;
  }

  /** Slow calls of the last reading, once. */
  List<StatementEvent> takeSamples() {
    List<StatementEvent> out = samples;
    samples = List.of();
    return out;
  }

  /** Keeps the order and the mean times of the shown statements. */
  private void rank(List<Key> busiest, StatementLoad<Key> load) {
    Set<Key> all = shown.keys();
    List<Key> sorted = new ArrayList<>(busiest);
    sorted.retainAll(all);
    Map<Key, Double> mean = new HashMap<>();
    for (Key k : sorted) {
      StatementLoad.Load l = load.loads().get(k);
      if (l != null && l.calls() > 0) {
        mean.put(k, l.seconds() / l.calls());
      }
    }
    all.stream().filter(k -> !mean.containsKey(k)).forEach(sorted::add);
    order = List.copyOf(new LinkedHashSet<>(sorted));
    means = mean;
  }

  /** Statements with series that run in a database, the busiest first. */
  List<PlanHistory.Candidate<Key>> candidates(String database, Map<Long, String> databases) {
    List<PlanHistory.Candidate<Key>> out = new ArrayList<>();
    for (Key k : order) {
      String fingerprint = shown.fingerprint(k);
      if (fingerprint != null
          && database.equals(databases.get(k.database))
          && ExplainableStatement.hasPlan(shown.text(k))) {
        out.add(new PlanHistory.Candidate<>(k, database, fingerprint, means.getOrDefault(k, 0.0)));
      }
    }
    return out;
  }

  /** Text and user of a statement with series. */
  PostgresPlans.Text explainable(Key k) {
    return new PostgresPlans.Text(shown.original(k), roles.getOrDefault(k.user, ""));
  }

  /** Statements that have series. */
  Set<Key> keys() {
    return shown.keys();
  }

  private String shownName(Backend b) {
    if (b.text().isEmpty()) {
      return "";
    }
    Key k = key(b);
    String name = k == null ? null : shown.query(k);
    return name == null ? OTHERS : name;
  }

  private void connections(MetricSet out, PostgresActivity a) {
    Map<List<String>, Integer> counts = new LinkedHashMap<>();
    Map<Labels, Integer> waiting = new LinkedHashMap<>();
    a.backends()
        .values()
        .forEach(
            b -> {
              List<String> labels =
                  List.of(b.database(), b.user(), b.state(), b.waitType(), shownName(b));
              if (counts.size() >= MAX_CONNECTION_SERIES && !counts.containsKey(labels)) {
                labels = List.of(b.database(), OTHERS, b.state(), "", "");
              }
              counts.merge(labels, 1, Integer::sum);
              Backend blocker = b.blocker() == 0 ? null : a.backends().get(b.blocker());
              if (blocker != null) {
                waiting.merge(
                    new Labels(blocker.database(), blocker.user(), shownName(blocker)),
                    1,
                    Integer::sum);
              }
            });
    counts.forEach(
        (l, n) ->
            out.gauge(
                "pg_connections",
                "Connections of clients.",
                n,
                "db",
                l.get(0),
                "user",
                l.get(1),
                "state",
                l.get(2),
                "wait_event_type",
                l.get(3),
                "query",
                l.get(4)));
    out.gauge("pg_autovacuum_workers", "Running workers of autovacuum.", a.autovacuum());
    waiting.forEach(
        (l, n) ->
            out.gauge(
                "pg_lock_awaiting_queries",
                "Statements that wait for a lock, by the statement that holds it.",
                n,
                "db",
                l.database,
                "user",
                l.user,
                "blocking_query",
                l.query));
  }

  private void loads(
      PostgresSession s, Map<Long, String> databases, StatementLoad<Key> load, double interval) {
    MetricSet out = s.out();
    LatencySummary latency = new LatencySummary();
    Map<String, Double> calls = new LinkedHashMap<>();
    Map<Labels, double[]> top = new LinkedHashMap<>();
    // A statement keeps its series while it is shown, also without calls.
    shown.keys().forEach(k -> addLoad(top, databases, k, null));
    load.loads()
        .forEach(
            (k, l) -> {
              latency.add(l.seconds(), l.calls());
              String database = databases.get(k.database);
              if (database != null) {
                calls.merge(database, l.calls(), Double::sum);
              }
              addLoad(top, databases, k, l);
            });
    latency
        .values(50, 75, 95, 99)
        .forEach(
            (name, v) ->
                out.gauge(
                    "pg_latency_seconds",
                    "Duration of statements; quantiles are over averages of statements.",
                    v,
                    "summary",
                    name));
    calls.forEach(
        (db, n) ->
            out.gauge(
                "pg_db_queries_per_second",
                "Statements executed in the database per second.",
                n / interval,
                "db",
                db));
    top.forEach(
        (l, v) -> {
          String[] labels = {"db", l.database, "user", l.user, "query", l.query};
          out.gauge(
              "pg_top_query_calls_per_second",
              "Calls of the statement per second.",
              v[0] / interval,
              labels);
          out.gauge(
              "pg_top_query_time_per_second",
              "Time of the statement per second.",
              v[1] / interval,
              labels);
          out.gauge(
              "pg_top_query_io_time_per_second",
              "Time for which the statement waited for I/O per second.",
              v[2] / interval,
              labels);
        });
  }

  private void addLoad(
      Map<Labels, double[]> top,
      Map<Long, String> databases,
      Key k,
      StatementLoad.@Nullable Load l) {
    String query = shown.query(k);
    if (query == null) {
      return;
    }
    double[] v =
        top.computeIfAbsent(
            new Labels(
                databases.getOrDefault(k.database, ""), roles.getOrDefault(k.user, ""), query),
            _ -> new double[3]);
    if (l != null) {
      v[0] += l.calls();
      v[1] += l.seconds();
      v[2] += l.other();
    }
  }
}
