package dev.tethys.collect.database.mongodb;

import com.google.re2j.Pattern;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoConnection;
import dev.tethys.collect.database.reader.StatementText;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Connections and transactions by application, and operations that wait or take long. The server
 * groups connections and selects operations, so that answers stay small.
 */
final class MongoOperations {
  private static final int TOP = 20;
  private static final int MAX_OPERATIONS = 1000;
  private static final int LONG_SECONDS = 10;

  /** Suffixes of pods, and UUIDs, that would make each instance an application. */
  private static final Pattern SUFFIX =
      Pattern.compile(
          "(?:-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
              + "|-[0-9a-f]{6,10}-[0-9a-z]{5}|-\\d+)$");

  private record Shape(String database, String collection, String query, String plan) {}

  private MongoOperations() {}

  private static List<Document> aggregate(MongoConnection c, Document... stages)
      throws IOException {
    return c.cursor(
        "admin", Document.of("aggregate", 1, "pipeline", List.of(stages), "cursor", Document.of()));
  }

  private static Document exists(String field) {
    return Document.of(field, Document.of("$exists", true));
  }

  /** Reads the operations. */
  static void read(MongoConnection c, boolean textInLabels, MetricSet out) throws IOException {
    Map<String, Double> connections = new TreeMap<>();
    for (Document d :
        aggregate(
            c,
            Document.of("$currentOp", Document.of("allUsers", true, "idleConnections", true)),
            Document.of("$match", exists("connectionId")),
            Document.of("$group", Document.of("_id", "$appName", "n", Document.of("$sum", 1))),
            Document.of("$sort", Document.of("n", -1)),
            Document.of("$limit", MAX_OPERATIONS))) {
      Double n = d.number("n");
      if (n != null) {
        connections.merge(application(d.text("_id")), n, Double::sum);
      }
    }
    top("connections_by_app", "Connections by name of the application.", connections, out);
    operations(
        aggregate(
            c,
            Document.of("$currentOp", Document.of("allUsers", true, "idleSessions", true)),
            Document.of(
                "$match",
                Document.of(
                    "$or",
                    List.of(
                        Document.of("waitingForLock", true),
                        exists("transaction.parameters.autocommit"),
                        Document.of(
                            "active", true, "secs_running", Document.of("$gte", LONG_SECONDS))))),
            Document.of("$limit", MAX_OPERATIONS)),
        textInLabels,
        out);
    out.gauge(
        "fsync_locked",
        "1 while writes are blocked by fsyncLock.",
        c.command("admin", Document.of("currentOp", 1, "$ownOps", true)).isTrue("fsyncLock")
            ? 1
            : 0);
  }

  private static void operations(List<Document> all, boolean textInLabels, MetricSet out) {
    Map<String, Double> transactions = new TreeMap<>();
    Map<String, Integer> waiting = new TreeMap<>();
    Map<Shape, Integer> running =
        new TreeMap<>(
            Comparator.comparing(Shape::database)
                .thenComparing(Shape::collection)
                .thenComparing(Shape::query)
                .thenComparing(Shape::plan));
    for (Document d : all) {
      String ns = d.text("ns");
      int dot = ns.indexOf('.');
      String database = dot < 0 ? ns : ns.substring(0, dot);
      if (d.at("transaction", "parameters", "autocommit") != null) {
        transactions.merge(application(d.text("appName")), 1.0, Double::sum);
      }
      if (d.isTrue("waitingForLock")) {
        waiting.merge(database, 1, Integer::sum);
      }
      Double seconds = d.number("secs_running");
      // Operations without a namespace are the server's own.
      if (d.isTrue("active") && seconds != null && seconds >= LONG_SECONDS && dot > 0) {
        String plan = d.text("planSummary");
        running.merge(
            new Shape(
                database,
                ns.substring(dot + 1),
                CommandShape.of(d.text("op"), d.document("command")),
                plan.substring(0, Math.min(plan.length(), 200))),
            1,
            Integer::sum);
      }
    }
    top("open_transactions", "Open transactions by name of the application.", transactions, out);
    waiting.forEach(
        (db, n) ->
            out.gauge(
                "operations_waiting_for_lock", "Operations that wait for a lock.", n, "db", db));
    running.entrySet().stream()
        .sorted(Map.Entry.<Shape, Integer>comparingByValue().reversed())
        .limit(TOP)
        .forEach(
            e -> {
              Shape s = e.getKey();
              out.gauge(
                  "long_running_operations",
                  "Operations that run for 10 seconds or longer.",
                  e.getValue(),
                  "db",
                  s.database,
                  "collection",
                  s.collection,
                  "query",
                  textInLabels ? s.query : StatementText.fingerprint(s.query),
                  "plan",
                  s.plan);
            });
  }

  private static void top(String name, String help, Map<String, Double> values, MetricSet out) {
    values.entrySet().stream()
        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
        .limit(TOP)
        .forEach(e -> out.gauge(name, help, e.getValue(), "app", e.getKey()));
  }

  /** Name of an application without the suffix of its instance. */
  static String application(String name) {
    String s = name.length() > 128 ? name.substring(0, 128) : name;
    return SUFFIX.matcher(s).replaceAll("");
  }
}
