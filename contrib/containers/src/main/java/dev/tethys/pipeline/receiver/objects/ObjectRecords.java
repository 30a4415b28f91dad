package dev.tethys.pipeline.receiver.objects;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Creates records of objects of the same kind: one resource per namespace. */
final class ObjectRecords {
  private static final String SCOPE =
      "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/k8sobjectsreceiver";

  private final String kind;
  private final String version;

  /**
   * @param kind kind as in API paths
   * @param version version of this program
   */
  ObjectRecords(String kind, String version) {
    this.kind = kind;
    this.version = version;
  }

  /** Records of listed objects, unchanged. */
  List<ResourceGroup<LogRecord>> listed(Iterable<JsonNode> objects) {
    Map<String, ResourceGroup<LogRecord>> groups = new LinkedHashMap<>();
    for (JsonNode o : objects) {
      LogRecord r = record();
      r.setBody(value(o));
      String namespace = o.path("metadata").path("namespace").asString("");
      groups.computeIfAbsent(namespace, this::group).scopes().getFirst().items().add(r);
    }
    return List.copyOf(groups.values());
  }

  /** Converts an added, changed or removed object to a log record. */
  ResourceGroup<LogRecord> changed(String type, JsonNode o) {
    LogRecord r = record();
    String name = o.path("metadata").path("name").asString("");
    if (!name.isEmpty()) {
      r.attributes().add("event.domain", "k8s");
      r.attributes().add("event.name", name);
    }
    Attributes body = new Attributes();
    body.add("type", type);
    body.add("object", value(o));
    r.setBody(body);
    String namespace = o.path("metadata").path("namespace").asString("");
    ResourceGroup<LogRecord> g =
        group(namespace.isEmpty() ? o.path("regarding").path("namespace").asString("") : namespace);
    g.scopes().getFirst().items().add(r);
    return g;
  }

  private LogRecord record() {
    LogRecord r = new LogRecord();
    r.setObservedTimeUnixNano(IntervalCollector.nanos());
    r.attributes().add("k8s.resource.name", kind);
    return r;
  }

  private ResourceGroup<LogRecord> group(String namespace) {
    ResourceGroup<LogRecord> g = new ResourceGroup<>();
    if (!namespace.isEmpty()) {
      g.resource().attributes().add("k8s.namespace.name", namespace);
    }
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    scope.scope().setName(SCOPE);
    scope.scope().setVersion(version);
    g.scopes().add(scope);
    return g;
  }

  /** Converts a JSON value to OTLP. */
  static @Nullable Object value(JsonNode n) {
    if (n.isObject()) {
      Attributes a = new Attributes();
      n.properties().forEach(e -> a.add(e.getKey(), value(e.getValue())));
      return a;
    }
    if (n.isArray()) {
      ArrayValue a = new ArrayValue();
      n.forEach(e -> a.add(value(e)));
      return a;
    }
    if (n.isIntegralNumber()) {
      return n.bigIntegerValue().longValue();
    }
    if (n.isNumber()) {
      return n.doubleValue();
    }
    if (n.isBoolean()) {
      return n.booleanValue();
    }
    return n.isNull() ? null : n.asString("");
  }
}
