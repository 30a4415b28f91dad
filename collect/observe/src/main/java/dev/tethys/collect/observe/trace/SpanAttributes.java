package dev.tethys.collect.observe.trace;

import dev.tethys.collect.observe.protocol.ObservedRequest;
import dev.tethys.collect.observe.protocol.ObservedRequest.Status;
import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Span;

/**
 * Sets the span name, attributes and status for a request, according to OpenTelemetry's semantic
 * conventions. {@code db.system} follows the conventions before 1.28, which service graphs read.
 */
final class SpanAttributes {
  private static final int ERROR = 2;
  private static final int FIRST_SERVER_ERROR = 500;
  private static final int FIRST_CLIENT_ERROR = 400;

  private SpanAttributes() {}

  /** Completes a span. */
  static void describe(Span span, ObservedRequest r, String destination) {
    Attributes a = span.attributes();
    switch (r.protocol()) {
      case HTTP, HTTP2 -> {
        if (r.api() == null) {
          http(span, a, r);
        } else {
          HttpApiAttributes.describe(span, r, r.api());
        }
      }
      case POSTGRES -> database(span, a, r, "postgresql");
      case MSSQL -> {
        database(span, a, r, "microsoft.sql_server");
        a.put("db.system", "mssql");
      }
      case MYSQL, REDIS, MEMCACHED, MONGODB, CASSANDRA, CLICKHOUSE, FOUNDATIONDB ->
          database(span, a, r, system(r.protocol()));
      case COUCHBASE, AEROSPIKE -> {
        database(span, a, r, system(r.protocol()));
        int slash = r.target().indexOf('/');
        put(a, "db.namespace", slash < 0 ? r.target() : r.target().substring(0, slash));
        put(a, "db.collection.name", slash < 0 ? "" : r.target().substring(slash + 1));
      }
      case LDAP -> {
        database(span, a, r, "ldap");
        put(a, "ldap.dn", r.target());
      }
      case KAFKA, RABBITMQ, NATS, MQTT, AMQP -> messaging(span, a, r);
      case DNS -> {
        name(span, "DNS", r.operation());
        put(a, "dns.question.name", r.target());
      }
      case THRIFT -> {
        name(span, r.target().isEmpty() ? "thrift" : r.target(), r.operation());
        a.put("rpc.system", "apache_thrift");
        put(a, "rpc.service", r.target());
        put(a, "rpc.method", r.operation());
      }
      case ZOOKEEPER, DUBBO -> {
        name(span, r.protocol().family(), r.operation());
        put(a, "rpc.system", r.protocol().family());
        put(a, "rpc.method", r.operation());
      }
    }
    if (r.client()) {
      int colon = destination.lastIndexOf(':');
      put(a, "server.address", colon < 0 ? destination : destination.substring(0, colon));
      if (colon >= 0 && destination.length() - colon <= 6) {
        a.put("server.port", Long.parseLong(destination, colon + 1, destination.length(), 10));
      }
    }
    if (r.status() == Status.FAILED && span.statusCode() == 0 && !isHttp(r)) {
      span.setStatusCode(ERROR);
      put(a, "error.type", r.code());
    }
  }

  private static boolean isHttp(ObservedRequest r) {
    return r.protocol() == Protocol.HTTP || r.protocol() == Protocol.HTTP2;
  }

  private static void http(Span span, Attributes a, ObservedRequest r) {
    if (r.code().startsWith("grpc:")) {
      String path = r.target();
      int slash = path.lastIndexOf('/');
      a.put("rpc.system", "grpc");
      if (slash > 0) {
        put(a, "rpc.service", path.substring(1, slash));
        put(a, "rpc.method", path.substring(slash + 1));
      }
      span.setName(path.startsWith("/") ? path.substring(1) : "grpc");
      long code = number(r.code().substring(5));
      if (code >= 0) {
        a.put("rpc.grpc.status_code", code);
      }
      if (code > 0) {
        span.setStatusCode(ERROR);
        a.put("error.type", Long.toString(code));
      }
      return;
    }
    span.setName(r.operation().isEmpty() ? "HTTP" : r.operation()); // a path has no bound
    put(a, "http.request.method", r.operation());
    put(a, "url.path", r.target());
    a.put("network.protocol.version", r.protocol() == Protocol.HTTP2 ? "2" : "1.1");
    long code = number(r.code());
    if (code > 0) {
      a.put("http.response.status_code", code);
      if (code >= (r.client() ? FIRST_CLIENT_ERROR : FIRST_SERVER_ERROR)) {
        span.setStatusCode(ERROR);
        a.put("error.type", r.code());
      }
    }
  }

  private static void database(Span span, Attributes a, ObservedRequest r, String system) {
    name(span, r.operation().isEmpty() ? system : r.operation(), "");
    a.put("db.system.name", system);
    a.put("db.system", system);
    put(a, "db.operation.name", r.operation());
    put(a, "db.query.text", r.statement());
    put(a, "db.collection.name", r.protocol() == Protocol.MONGODB ? r.target() : "");
    put(a, "db.response.status_code", r.code());
  }

  private static void messaging(Span span, Attributes a, ObservedRequest r) {
    name(span, r.operation(), r.target());
    a.put("messaging.system", r.protocol().family());
    put(a, "messaging.operation.name", r.operation());
    put(a, "messaging.destination.name", r.target());
  }

  private static String system(Protocol p) {
    return p == Protocol.MONGODB ? "mongodb" : p.family();
  }

  private static void name(Span span, String first, String second) {
    span.setName(second.isEmpty() ? first : first + " " + second);
  }

  private static void put(Attributes a, String key, String value) {
    if (!value.isEmpty()) {
      a.put(key, value);
    }
  }

  private static long number(String text) {
    try {
      return text.isEmpty() ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
