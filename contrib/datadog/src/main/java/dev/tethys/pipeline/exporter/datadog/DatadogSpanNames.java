package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.model.telemetry.Span;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Names of a span at Datadog (docs.datadoghq.com, "Mapping OpenTelemetry semantics to Datadog",
 * "Operation and resource names"). The operation is the same for all requests of a kind, the
 * resource identifies the request, and the type is its category.
 *
 * @param attribute returns the value of a span attribute, falling back to the resource; "" if
 *     missing
 */
record DatadogSpanNames(Span span, UnaryOperator<String> attribute) {
  private static final int SERVER = 2;
  private static final int CLIENT = 3;
  private static final int PRODUCER = 4;
  private static final int CONSUMER = 5;
  private static final String[] KINDS = {
    "unspecified", "internal", "server", "client", "producer", "consumer"
  };

  /** Types of spans that access caches in Datadog; other databases are "sql" or "db". */
  private static final Map<String, String> CACHES =
      Map.of("redis", "redis", "memcached", "memcached", "elasticsearch", "elasticsearch");

  private static final Set<String> SQL =
      Set.of(
          "mysql",
          "postgresql",
          "mariadb",
          "mssql",
          "oracle",
          "sqlite",
          "cockroachdb",
          "db2",
          "other_sql",
          "clickhouse",
          "redshift",
          "hive",
          "microsoft.sql_server",
          "oracle.db");

  private String first(String... keys) {
    for (String k : keys) {
      String v = attribute.apply(k);
      if (!v.isEmpty()) {
        return v;
      }
    }
    return "";
  }

  String kind() {
    return span.kind() >= 0 && span.kind() < KINDS.length ? KINDS[span.kind()] : KINDS[0];
  }

  private String method() {
    return first("http.request.method", "http.method");
  }

  private String database() {
    return first("db.system.name", "db.system");
  }

  String operation() {
    String attribute = first("operation.name");
    if (!attribute.isEmpty()) {
      return attribute;
    }
    int kind = span.kind();
    if (!method().isEmpty() && (kind == SERVER || kind == CLIENT)) {
      return "http." + kind() + ".request";
    }
    if (!database().isEmpty() && kind == CLIENT) {
      return database() + ".query";
    }
    String messages = first("messaging.system");
    String messaging = first("messaging.operation", "messaging.operation.name");
    if (!messages.isEmpty() && !messaging.isEmpty() && kind >= SERVER && kind <= CONSUMER) {
      return messages + "." + messaging;
    }
    String rpc = first("rpc.system");
    if (!rpc.isEmpty() && (kind == SERVER || kind == CLIENT)) {
      if (rpc.equals("aws-api") && kind == CLIENT) {
        String service = first("rpc.service");
        return service.isEmpty() ? "aws.client.request" : "aws." + service + ".request";
      }
      return rpc + "." + kind() + ".request";
    }
    String function = first("faas.trigger");
    if (!function.isEmpty() && kind == SERVER) {
      return function + ".invoke";
    }
    if (!first("graphql.operation.type").isEmpty()) {
      return "graphql.server.request";
    }
    if (kind == SERVER || kind == CLIENT) {
      String protocol = first("network.protocol.name");
      return (protocol.isEmpty() ? "" : protocol + ".") + kind() + ".request";
    }
    return kind == PRODUCER || kind == CONSUMER ? kind() : "internal";
  }

  String resource() {
    String attribute = first("resource.name");
    if (!attribute.isEmpty()) {
      return attribute;
    }
    String method = method();
    if (!method.isEmpty()) {
      String route = span.kind() == SERVER ? first("http.route") : first("url.template");
      return route.isEmpty() ? method : method + " " + route;
    }
    String messaging = first("messaging.operation", "messaging.operation.name");
    if (!messaging.isEmpty()) {
      return joined(messaging, first("messaging.destination.name", "messaging.destination"));
    }
    String rpc = first("rpc.method");
    if (!rpc.isEmpty()) {
      return joined(rpc, first("rpc.service"));
    }
    String graphql = first("graphql.operation.type");
    if (!graphql.isEmpty()) {
      return joined(graphql, first("graphql.operation.name"));
    }
    String query = database().isEmpty() ? "" : first("db.query.text", "db.statement");
    return query.isEmpty() ? span.name() : query;
  }

  private static String joined(String a, String b) {
    return b.isEmpty() ? a : a + " " + b;
  }

  String type() {
    String attribute = first("span.type");
    if (!attribute.isEmpty()) {
      return attribute;
    }
    return switch (span.kind()) {
      case SERVER -> "web";
      case CLIENT -> {
        String db = database().toLowerCase(Locale.ROOT);
        yield db.isEmpty() ? "http" : SQL.contains(db) ? "sql" : CACHES.getOrDefault(db, "db");
      }
      default -> "custom";
    };
  }

  /** Whether statistics are about it: a service was entered. */
  boolean isTopLevel() {
    return span.parentSpanId() == 0 || span.kind() == SERVER || span.kind() == CONSUMER;
  }
}
