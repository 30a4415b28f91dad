package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.reader.ShownStatements;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Load of commands by the profiler of each database, where it is on. Rates are those of the last
 * minute. Not thread-safe.
 *
 * <p>Bound: {@link #MAX_ENTRIES} entries of a database in a reading; when there are more, the
 * oldest are read and the next reading continues.
 */
final class MongoProfiler {
  private static final int MAX_ENTRIES = 2000;
  private static final int MAX_DATABASES = 1000;
  private static final int FIGURES = 5;
  private static final Duration WINDOW = Duration.ofMinutes(1);
  private static final Set<String> SYSTEM = Set.of("admin", "config", "local");

  /** Shape of a command on a collection. */
  record Key(String database, String collection, String shape) {}

  private record Interval(long end, Map<Key, double[]> loads) {}

  private final ShownStatements<Key> shown;
  private final Map<String, Instant> last = new HashMap<>();
  private final ArrayDeque<Interval> intervals = new ArrayDeque<>();
  private long begin;
  private boolean started;

  MongoProfiler(boolean textInLabels) {
    this.shown = new ShownStatements<>(textInLabels);
  }

  /** Reads the entries since the last reading. */
  void read(MongoConnection c, MetricSet out, long nanos) throws IOException {
    Map<Key, double[]> loads = new LinkedHashMap<>();
    Set<String> seen = new HashSet<>();
    for (Document d :
        c.command("admin", Document.of("listDatabases", 1, "nameOnly", true))
            .documents("databases")) {
      String db = d.text("name");
      if (!SYSTEM.contains(db) && seen.size() < MAX_DATABASES) {
        Double level = c.command(db, Document.of("profile", -1)).number("was");
        out.gauge("profiling_level", "Level of the profiler.", level == null ? 0 : level, "db", db);
        if (level != null && level > 0) {
          seen.add(db);
          entries(c, db, loads);
        }
      }
    }
    last.keySet().retainAll(seen);
    if (!started) {
      started = true;
      begin = nanos;
      return;
    }
    intervals.addLast(new Interval(nanos, loads));
    while (intervals.size() > 1 && nanos - intervals.getFirst().end >= WINDOW.toNanos()) {
      begin = intervals.removeFirst().end;
    }
    show(out, nanos);
  }

  private void entries(MongoConnection c, String db, Map<Key, double[]> to) throws IOException {
    Instant from = last.get(db);
    if (from == null) {
      // The newest entry has the server's clock.
      Instant newest = Instant.EPOCH;
      for (Document d :
          c.cursor(
              db,
              Document.of(
                  "find",
                  "system.profile",
                  "sort",
                  Document.of("$natural", -1),
                  "limit",
                  1,
                  "projection",
                  Document.of("ts", 1)))) {
        newest = d.at("ts") instanceof Instant t ? t : newest;
      }
      last.put(db, newest);
      return;
    }
    for (Document d :
        c.cursor(
            db,
            Document.of(
                "find",
                "system.profile",
                "filter",
                Document.of(
                    "ts",
                    Document.of("$gt", from),
                    "ns",
                    Document.of("$ne", db + ".system.profile")),
                "sort",
                Document.of("$natural", 1),
                "limit",
                MAX_ENTRIES))) {
      if (d.at("ts") instanceof Instant t && t.isAfter(last.getOrDefault(db, from))) {
        last.put(db, t);
      }
      String ns = d.text("ns");
      int dot = ns.indexOf('.');
      Key k =
          new Key(
              db,
              dot < 0 ? "" : ns.substring(dot + 1),
              CommandShape.of(d.text("op"), d.document("command")));
      double[] v = to.computeIfAbsent(k, _ -> new double[FIGURES]);
      v[0]++;
      v[1] += number(d, "millis") / 1000;
      v[2] += number(d, "nreturned");
      v[3] += number(d, "docsExamined");
      v[4] += number(d, "keysExamined");
    }
  }

  private static double number(Document d, String field) {
    Double v = d.number(field);
    return v == null ? 0 : v;
  }

  private void show(MetricSet out, long nanos) {
    Map<Key, double[]> sums = new HashMap<>();
    for (Interval i : intervals) {
      i.loads.forEach(
          (k, v) -> {
            double[] sum = sums.computeIfAbsent(k, _ -> new double[FIGURES]);
            for (int n = 0; n < FIGURES; n++) {
              sum[n] += v[n];
            }
          });
    }
    List<Key> busiest =
        sums.entrySet().stream()
            .sorted(
                Comparator.comparingDouble((Map.Entry<Key, double[]> e) -> e.getValue()[1])
                    .reversed())
            .map(Map.Entry::getKey)
            .toList();
    for (Key k : shown.choose(nanos, busiest, List.of())) {
      shown.admitNormalized(k, k.shape, "", nanos);
    }
    double seconds = (nanos - begin) / 1e9;
    String[] names = {"calls", "time", "docs_returned", "docs_examined", "keys_examined"};
    String[] helps = {
      "Calls of the command per second.",
      "Time of the command per second.",
      "Documents returned per second.",
      "Documents examined per second.",
      "Index keys examined per second."
    };
    for (Key k : shown.keys()) {
      String query = shown.query(k);
      double[] v = sums.getOrDefault(k, new double[FIGURES]);
      for (int n = 0; query != null && seconds > 0 && n < FIGURES; n++) {
        out.gauge(
            "top_query_" + names[n] + "_per_second",
            helps[n],
            v[n] / seconds,
            "db",
            k.database,
            "collection",
            k.collection,
            "query",
            query);
      }
    }
    shown
        .texts()
        .forEach(
            (query, text) ->
                out.unprefixedGauge(
                    "db_statement_info",
                    "Text of a statement by its fingerprint; always 1.",
                    1,
                    "query",
                    query,
                    "text",
                    text));
  }
}
