package dev.tethys.collect.database.postgres;

import static dev.tethys.collect.database.postgres.PostgresSession.text;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.ScrapeLimitException;
import dev.tethys.collect.database.reader.DatabaseReader;
import dev.tethys.collect.database.reader.DatabaseReading;
import dev.tethys.collect.database.reader.DefinitionHistory;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.reader.ReadingException;
import dev.tethys.collect.database.reader.ReadingException.Failure;
import dev.tethys.collect.database.reader.ReadingParts;
import dev.tethys.collect.database.reader.StatementEvent;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a PostgreSQL under the names of Coroot's cluster agent, over one connection that is kept.
 *
 * <p>The session is read only and ends statements after one second and waits for locks after 100
 * ms. Tables of another database are read over a connection to it, which takes the place of the
 * kept one, at most one database in a reading.
 */
public final class PostgresReader implements DatabaseReader {
  private static final int MAX_DATABASES = 1000;
  private static final int BLOAT_EVERY = 10;
  private static final Duration PLANS_INTERVAL = Duration.ofMinutes(1);
  private static final Set<String> LOGIN_STATES = Set.of("28000", "28P01", "3D000", "42501");

  private final ReaderTarget target;
  private final PostgresStatements statements;
  private final PostgresPlans plans = new PostgresPlans();
  private final Map<String, Long> plansDue = new HashMap<>();
  private final Map<String, PostgresTables> tables = new LinkedHashMap<>();
  private final Map<String, Long> tablesDue = new HashMap<>();
  private final Map<String, Integer> tableReadings = new HashMap<>();
  private final Map<Long, Double> sizes = new HashMap<>();
  private final DefinitionHistory history = new DefinitionHistory();
  private long sizesDue;
  private boolean sized;
  private @Nullable PostgresConnection kept;

  public PostgresReader(ReaderTarget target) {
    this.target = target;
    this.statements = new PostgresStatements(target.limits());
  }

  private record DatabaseRow(long id, String name, boolean connects, boolean template) {}

  @Override
  public DatabaseReading read(Deadline deadline) throws ReadingException {
    MetricSet out = new MetricSet("");
    ReadingParts parts = new ReadingParts();
    boolean complete = false;
    long count = 0;
    try {
      boolean fresh = kept == null;
      PostgresConnection c = connection(deadline);
      PostgresVersion version = version(c);
      if (fresh && version.isFrom(11, 0)) {
        // Compilation would cost more memory and time than these statements.
        c.query("select set_config('jit', 'off', false)", r -> {});
      }
      PostgresSession s = new PostgresSession(c, version, out, parts, target.user());
      long nanos = System.nanoTime();
      out.gauge("pg_up", "1 if the server answers, 0 otherwise.", 1);
      long probe = System.nanoTime();
      s.query("select 1", r -> {});
      out.gauge(
          "pg_probe_seconds", "Duration of an empty statement.", (System.nanoTime() - probe) / 1e9);
      out.gauge("pg_info", "Version; always 1.", 1, "server_version", version.text());
      rights(s);
      new PostgresServerMetrics(s, target.limits().changes() ? history : null).read();
      Map<Long, String> names = databases(s, nanos);
      statements.read(s, names);
      plans.retain(statements.keys());
      explain(s, database(), names, nanos);
      String due = nextTables(nanos);
      if (due == null) {
        due = nextPlans(names, nanos);
      } else if (due.equals(database())) {
        tablesOf(due, s, nanos);
      }
      count = s.statements();
      complete = true;
      if (due != null && !due.equals(database())) {
        count += elsewhere(due, version, deadline, out, parts, names, nanos);
      }
      if (target.limits().statements().plans()) {
        plans.report(s);
      }
      showTables(out);
      for (String failed : parts.failures()) {
        out.gauge(ERROR, ERROR_HELP, 1, "error", "", "warning", failed);
      }
      if (parts.failures().isEmpty()) {
        out.gauge(ERROR, ERROR_HELP, 0, "error", "", "warning", "");
      }
      List<StatementEvent> events = new ArrayList<>(plans.take());
      events.addAll(statements.takeSamples());
      return new DatabaseReading(out.families(), parts.all(), history.take(), events, count);
    } catch (SQLException e) {
      throw failure(e);
    } catch (IOException e) {
      throw new ReadingException(Failure.CONNECTION, String.valueOf(e.getMessage()), e);
    } catch (IllegalArgumentException | ScrapeLimitException e) {
      throw new ReadingException(Failure.PROTOCOL, String.valueOf(e.getMessage()), e);
    } finally {
      PostgresConnection c = kept;
      if (c != null && !(complete && c.park())) {
        close();
      }
    }
  }

  private static final String ERROR = "pg_scrape_error";
  private static final String ERROR_HELP =
      "1 with the part of the reading that failed, 0 without labels if none did.";

  private static ReadingException failure(SQLException e) {
    String state = Objects.requireNonNullElse(e.getSQLState(), "");
    Failure kind =
        LOGIN_STATES.contains(state)
            ? Failure.LOGIN
            : state.equals("53300") || state.equals("57P03")
                ? Failure.BUSY
                : state.equals("57014") || String.valueOf(e.getMessage()).contains("timed out")
                    ? Failure.TIMEOUT
                    : state.equals("08P01") ? Failure.PROTOCOL : Failure.CONNECTION;
    return new ReadingException(kind, PostgresSession.message(e), e);
  }

  private String database() {
    return target.database().isEmpty() ? "postgres" : target.database();
  }

  private PostgresConnection connection(Deadline deadline) throws SQLException, IOException {
    PostgresConnection c = kept;
    if (c == null) {
      c = open(database(), deadline);
      kept = c;
    } else {
      c.wake(deadline);
    }
    return c;
  }

  private PostgresConnection open(String name, Deadline deadline) throws SQLException, IOException {
    Map<String, String> options = new LinkedHashMap<>();
    TlsConfig tls = target.tls();
    options.put(
        "sslmode", tls == null ? "disable" : tls.insecureSkipVerify() ? "require" : "verify-full");
    if (tls != null) {
      options.put("sslrootcert", tls.insecureSkipVerify() ? "" : tls.caFile());
      options.put("sslcert", tls.certFile());
      options.put("sslkey", tls.keyFile());
    }
    options.put("application_name", "tethys-cluster-agent");
    options.put("default_transaction_read_only", "on");
    options.put("statement_timeout", "1000");
    options.put("lock_timeout", "100");
    return PostgresConnection.open(
        new PostgresDsn(
            target.host(),
            target.port(),
            target.user(),
            target.password().password(),
            name,
            options),
        deadline);
  }

  private static PostgresVersion version(PostgresConnection c) throws SQLException {
    String[] v = {""};
    c.query(
        "show server_version",
        r -> {
          if (r.next()) {
            v[0] = text(r, 1);
          }
        });
    return PostgresVersion.parse(v[0]);
  }

  private void rights(PostgresSession s) throws SQLException {
    if (s.version().isFrom(10, 0)) {
      boolean[] all = new boolean[1];
      s.rows(
          "select pg_has_role(current_user, 'pg_read_all_stats', 'usage')",
          r -> all[0] = r.getBoolean(1));
      if (!all[0]) {
        s.parts()
            .failed(
                "statistics of other users",
                "the user is not a member of pg_read_all_stats",
                s.grant("pg_monitor"));
      }
    }
  }

  private Map<Long, String> databases(PostgresSession s, long nanos) throws SQLException {
    Map<Long, String> names = new HashMap<>();
    MetricSet out = s.out();
    Map<Long, DatabaseRow> found = new LinkedHashMap<>();
    s.part(
        "databases",
        () ->
            s.rows(
                "select oid, datname, datallowconn, datistemplate, age(datfrozenxid),"
                    + " mxid_age(datminmxid) from pg_catalog.pg_database order by datname limit "
                    + MAX_DATABASES,
                r -> {
                  String name = text(r, 2);
                  found.put(
                      r.getLong(1),
                      new DatabaseRow(r.getLong(1), name, r.getBoolean(3), r.getBoolean(4)));
                  out.gauge(
                      "pg_xid_age",
                      "Transactions since the oldest unfrozen transaction.",
                      r.getDouble(5),
                      "db",
                      name);
                  out.gauge(
                      "pg_multixact_age",
                      "Multixacts since the oldest unfrozen one.",
                      r.getDouble(6),
                      "db",
                      name);
                }));
    found.values().stream().filter(d -> !d.template).forEach(d -> names.put(d.id, d.name));
    names.values().removeIf(String::isEmpty);
    List<DatabaseRow> read =
        found.values().stream()
            .filter(d -> !d.template && d.connects && !target.limits().excluded().contains(d.name))
            .toList();
    tables.keySet().retainAll(read.stream().map(DatabaseRow::name).toList());
    tablesDue.keySet().retainAll(tables.keySet());
    plansDue.keySet().retainAll(tables.keySet());
    history.retain(List.copyOf(tables.keySet()));
    tableReadings.keySet().retainAll(tables.keySet());
    for (DatabaseRow d : read) {
      tables.computeIfAbsent(d.name, PostgresTables::new);
    }
    if (target.limits().sizes() && (!sized || nanos - sizesDue >= 0)) {
      sized = true;
      sizesDue = nanos + target.limits().tables().toNanos();
      sizes.keySet().retainAll(found.keySet());
      s.part("sizes of databases", () -> sizes(s, read));
    }
    for (DatabaseRow d : read) {
      Double bytes = sizes.get(d.id);
      if (bytes != null) {
        out.gauge("pg_database_size_bytes", "Size of the database.", bytes, "db", d.name);
      }
    }
    return names;
  }

  /** One statement a database, so that a large one does not hide the others. */
  private void sizes(PostgresSession s, List<DatabaseRow> read) throws SQLException {
    SQLException failed = null;
    for (DatabaseRow d : read) {
      try {
        s.rows("select pg_database_size(" + d.id + "::oid)", r -> sizes.put(d.id, r.getDouble(1)));
      } catch (SQLException e) {
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
  }

  private boolean readsTables() {
    ReaderTarget.Limits l = target.limits();
    return l.sizes() || l.bloat() || l.changes();
  }

  private boolean isTablesDue(String name, long nanos) {
    Long due = tablesDue.get(name);
    return readsTables() && (due == null || nanos - due >= 0);
  }

  private @Nullable String nextTables(long nanos) {
    if (!readsTables()) {
      return null;
    }
    String next = null;
    for (String name : tables.keySet()) {
      Long due = tablesDue.get(name);
      if (due == null) {
        return name;
      }
      if (nanos - due >= 0 && (next == null || due - tablesDue.getOrDefault(next, due) < 0)) {
        next = name;
      }
    }
    return next;
  }

  /** Database whose statements are to be explained over another connection. */
  private @Nullable String nextPlans(Map<Long, String> names, long nanos) {
    if (!target.limits().statements().plans()) {
      return null;
    }
    for (String name : tables.keySet()) {
      Long due = plansDue.get(name);
      if (!name.equals(database())
          && (due == null || nanos - due >= 0)
          && plans.due(statements.candidates(name, names), nanos) > 0) {
        return name;
      }
    }
    return null;
  }

  private void explain(PostgresSession s, String name, Map<Long, String> names, long nanos)
      throws SQLException {
    if (target.limits().statements().plans()) {
      plansDue.put(name, nanos + PLANS_INTERVAL.toNanos());
      plans.read(s, statements.candidates(name, names), statements::explainable, nanos);
    }
  }

  private void tablesOf(String name, PostgresSession s, long nanos) throws SQLException {
    PostgresTables t = tables.get(name);
    if (t == null) {
      return;
    }
    int reading = tableReadings.merge(name, 1, Integer::sum);
    t.read(
        s,
        target.limits().sizes(),
        target.limits().bloat() && reading % BLOAT_EVERY == 1,
        target.limits().maxTables(),
        nanos);
    if (target.limits().changes() && t.isRead()) {
      s.part(
          "definitions of tables of " + name,
          () -> {
            if (!history.tables(name, PostgresDefinitions.read(s, name))) {
              throw new SQLException(
                  "definitions of more than " + DefinitionHistory.MAX_CHARACTERS + " characters",
                  "54000");
            }
          });
    }
    tablesDue.put(name, nanos + target.limits().tables().toNanos());
  }

  /** Reads tables and plans over another connection, for which the kept one is closed before. */
  private long elsewhere(
      String name,
      PostgresVersion version,
      Deadline deadline,
      MetricSet out,
      ReadingParts parts,
      Map<Long, String> names,
      long nanos) {
    close();
    boolean withTables = isTablesDue(name, nanos);
    if (withTables) {
      tablesDue.put(name, nanos + target.limits().tables().toNanos());
    }
    plansDue.put(name, nanos + PLANS_INTERVAL.toNanos());
    try (PostgresConnection c = open(name, deadline.atMost(Duration.ofSeconds(5)))) {
      PostgresSession s = new PostgresSession(c, version, out, parts, target.user());
      if (withTables) {
        tablesOf(name, s, nanos);
      }
      explain(s, name, names, nanos);
      return s.statements();
    } catch (SQLException | IOException e) {
      String problem = e instanceof SQLException q ? PostgresSession.message(q) : e.getMessage();
      parts.failed(
          "tables of " + name,
          String.valueOf(problem),
          e instanceof SQLException q && "42501".equals(q.getSQLState())
              ? "GRANT CONNECT ON DATABASE "
                  + PostgresSession.identifier(name)
                  + " TO "
                  + PostgresSession.identifier(target.user())
                  + ";"
              : "");
      return 0;
    }
  }

  private void showTables(MetricSet out) {
    PostgresTables.addSizes(
        tables.values().stream().flatMap(t -> t.sizes().stream()).toList(), out);
    tables.values().forEach(t -> t.addTo(out));
  }

  @Override
  public void close() {
    PostgresConnection c = kept;
    kept = null;
    if (c != null) {
      c.close();
    }
  }
}
