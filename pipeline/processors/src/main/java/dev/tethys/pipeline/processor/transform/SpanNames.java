package dev.tethys.pipeline.processor.transform;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Span;
import dev.tethys.pipeline.ottl.ValueText;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Span names according to OpenTelemetry's semantic conventions, built from low-cardinality
 * attributes. If a convention renamed an attribute, the older name is also read.
 */
final class SpanNames {
  private static final int SERVER = 2;
  private static final int CLIENT = 3;
  private static final int PRODUCER = 4;
  private static final int CONSUMER = 5;

  /** Naming conventions by span kind, in order; the first that yields a name wins. */
  private static final Map<Integer, List<Function<Attributes, @Nullable String>>> CONVENTIONS =
      Map.of(
          SERVER,
          List.of(a -> http(a, "http.route"), SpanNames::rpc, SpanNames::messaging),
          CLIENT,
          List.of(
              a -> http(a, "url.template"),
              SpanNames::rpc,
              SpanNames::database,
              SpanNames::messaging),
          PRODUCER,
          List.of(SpanNames::messaging),
          CONSUMER,
          List.of(SpanNames::messaging));

  private SpanNames() {}

  /** Returns the conventional name of a span; its current name if no convention applies. */
  static String of(Span span) {
    for (Function<Attributes, @Nullable String> c :
        CONVENTIONS.getOrDefault(span.kind(), List.of())) {
      String name = c.apply(span.attributes());
      if (name != null) {
        return name;
      }
    }
    return span.name();
  }

  private static @Nullable String http(Attributes a, String path) {
    return joined(text(a, "http.request.method", "http.method"), " ", text(a, path));
  }

  private static @Nullable String rpc(Attributes a) {
    String system = text(a, "rpc.system.name", "rpc.system");
    if (system == null) {
      return null;
    }
    String service = text(a, "rpc.service", "rpc.grpc.service");
    String method = text(a, "rpc.method", "rpc.grpc.method");
    if (service == null) {
      return method == null ? system : method;
    }
    return service + "/" + (method == null ? "*" : method);
  }

  private static @Nullable String database(Attributes a) {
    String system = text(a, "db.system.name", "db.system");
    if (system == null) {
      return null;
    }
    String summary = text(a, "db.query.summary");
    if (summary != null) {
      return summary;
    }
    String operation = filled(text(a, "db.operation.name", "db.operation"));
    String target = filled(databaseTarget(a));
    String name = operation == null ? target : joined(operation, " ", target);
    return name == null ? system : name;
  }

  private static @Nullable String databaseTarget(Attributes a) {
    String namespace = filled(text(a, "db.namespace", "db.name"));
    String within = text(a, "db.collection.name", "db.stored_procedure.name");
    if (within != null) {
      return namespace == null ? within : namespace + "." + within;
    }
    return namespace == null ? server(a) : namespace;
  }

  private static @Nullable String messaging(Attributes a) {
    String system = text(a, "messaging.system");
    if (system == null) {
      return null;
    }
    String operation = text(a, "messaging.operation.name", "messaging.operation");
    String destination = filled(destination(a));
    String name = operation == null ? destination : joined(operation, " ", destination);
    return name == null ? system : name;
  }

  private static @Nullable String destination(Attributes a) {
    if (Boolean.TRUE.equals(a.get("messaging.destination.temporary"))) {
      return "(temporary)";
    }
    if (Boolean.TRUE.equals(a.get("messaging.destination.anonymous"))) {
      return "(anonymous)";
    }
    String template = text(a, "messaging.destination.template");
    String name =
        template == null
            ? text(a, "messaging.destination.name", "messaging.destination")
            : template;
    return name == null ? server(a) : name;
  }

  private static @Nullable String server(Attributes a) {
    return joined(text(a, "server.address"), ":", text(a, "server.port"));
  }

  /** Joins the first with the second if present; null without the first. */
  private static @Nullable String joined(
      @Nullable String first, String between, @Nullable String second) {
    return first == null || second == null ? first : first + between + second;
  }

  private static @Nullable String filled(@Nullable String s) {
    return s == null || s.isEmpty() ? null : s;
  }

  /** Returns the value of the first of these attributes that exists. */
  private static @Nullable String text(Attributes a, String... names) {
    for (String n : names) {
      if (a.contains(n)) {
        return ValueText.of(a.get(n));
      }
    }
    return null;
  }
}
