package dev.tethys.collect.observe.request;

import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Calls and times of SQL statements by owner and database. Strings are normalised by the parsers:
 * they have no values. Bounded: a statement beyond the bounds is counted under one text, unless
 * another one of its database was idle for long enough to be replaced.
 *
 * <p>Guarded by the lock of {@link RequestMetrics}.
 */
final class StatementMetrics {
  /** Text of statements beyond the bounds. */
  static final String OTHER = "~other";

  static final int MAX_OF_DATABASE = 50;
  private static final int MAX_STATEMENTS = 5_000;
  private static final int MAX_DATABASES = 500;
  private static final int LONGEST = 512;

  /** Time without a call after which another statement may replace one. */
  static final long IDLE_NANOS = 600_000_000_000L;

  private static final Set<Protocol> SQL =
      EnumSet.of(
          Protocol.POSTGRES,
          Protocol.MYSQL,
          Protocol.MSSQL,
          Protocol.CLICKHOUSE,
          Protocol.CASSANDRA);

  /** Database as one owner reaches it; without a destination the owner is the database. */
  private record Database(Owner owner, @Nullable String destination, Protocol protocol) {}

  private static final class Calls {
    long calls;
    long nanos;
    long last;
  }

  private final Map<Database, Map<String, Calls>> databases = new HashMap<>();
  private int statements;

  /** Adds a request; requests other than SQL statements are ignored. */
  void add(Owner owner, @Nullable String destination, ObservedRequest r) {
    if (!SQL.contains(r.protocol()) || r.statement().isEmpty()) {
      return;
    }
    Database key = new Database(owner, destination, r.protocol());
    Map<String, Calls> of = databases.get(key);
    if (of == null) {
      if (databases.size() >= MAX_DATABASES) {
        return;
      }
      of = new HashMap<>();
      databases.put(key, of);
    }
    String text = cut(r.statement());
    long now = r.startNanos();
    Calls c = of.get(text);
    if (c == null && hasRoom(of, now)) {
      c = new Calls();
      of.put(text, c);
      statements++;
    }
    if (c == null) {
      c = of.computeIfAbsent(OTHER, _ -> new Calls());
    }
    c.calls++;
    c.nanos += r.durationNanos();
    c.last = now;
  }

  /** Removes databases without calls for a long time. */
  void forgetIdle(long now) {
    for (Iterator<Map<String, Calls>> i = databases.values().iterator(); i.hasNext(); ) {
      Map<String, Calls> of = i.next();
      if (of.values().stream().allMatch(c -> now - c.last > RequestMetrics.IDLE_NANOS)) {
        statements -= of.size() - (of.containsKey(OTHER) ? 1 : 0);
        i.remove();
      }
    }
  }

  /** Frees an entry if the table is full and a statement was not called for a long time. */
  private boolean hasRoom(Map<String, Calls> of, long now) {
    if (of.size() < MAX_OF_DATABASE && statements < MAX_STATEMENTS) {
      return true;
    }
    String idle = null;
    long oldest = now - IDLE_NANOS;
    for (Map.Entry<String, Calls> e : of.entrySet()) {
      if (!e.getKey().equals(OTHER) && e.getValue().last <= oldest) {
        idle = e.getKey();
        oldest = e.getValue().last;
      }
    }
    if (idle == null) {
      return false;
    }
    of.remove(idle);
    statements--;
    return true;
  }

  private static String cut(String statement) {
    if (statement.length() <= LONGEST) {
      return statement;
    }
    int end = Character.isHighSurrogate(statement.charAt(LONGEST - 2)) ? LONGEST - 2 : LONGEST - 1;
    return statement.substring(0, end) + "…";
  }

  /** Shows both counters. */
  void collect(Consumer<MetricFamily> to) {
    List<Metric> calls = new ArrayList<>();
    List<Metric> seconds = new ArrayList<>();
    databases.forEach(
        (d, of) ->
            of.forEach(
                (text, c) -> {
                  LabelsBuilder b =
                      new LabelsBuilder()
                          .set("container_id", d.owner().containerId())
                          .set("app_id", d.owner().appId())
                          .set("protocol", d.protocol().family())
                          .set("statement", text);
                  if (d.destination() != null) {
                    b.set("destination", d.destination());
                  }
                  calls.add(new Metric(b.build(), c.calls));
                  seconds.add(new Metric(b.build(), c.nanos / 1e9));
                }));
    if (calls.isEmpty()) {
      return;
    }
    to.accept(
        new MetricFamily(
            "tethys_container_statements_total",
            MetricType.COUNTER,
            "Calls of SQL statements, without their values, by database.",
            "",
            calls));
    to.accept(
        new MetricFamily(
            "tethys_container_statement_seconds_total",
            MetricType.COUNTER,
            "Time from the first byte of an SQL statement to the last byte of its answer.",
            "",
            seconds));
  }
}
