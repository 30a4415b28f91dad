package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.text.TextBuffer;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanLink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Encodes log records and spans as documents of the mapping mode {@code ecs}. Attributes from
 * OpenTelemetry's semantic conventions get names from the Elastic Common Schema, others keep their
 * names; dots create objects. Span events are dropped.
 */
final class EcsText {
  private static final Set<String> NOT_PASSED =
      Set.of(
          "telemetry.sdk.name",
          "telemetry.sdk.language",
          "telemetry.sdk.version",
          "telemetry.distro.name",
          "telemetry.distro.version");

  private static final Map<String, String> OF_RESOURCES =
      Map.ofEntries(
          Map.entry("service.instance.id", "service.node.name"),
          Map.entry("deployment.environment", "service.environment"),
          Map.entry("deployment.environment.name", "service.environment"),
          Map.entry("cloud.platform", "cloud.service.name"),
          Map.entry("container.image.tags", "container.image.tag"),
          Map.entry("host.arch", "host.architecture"),
          Map.entry("process.parent_pid", "process.parent.pid"),
          Map.entry("process.executable.name", "process.title"),
          Map.entry("process.executable.path", "process.executable"),
          Map.entry("process.command_line", "process.args"),
          Map.entry("process.runtime.name", "service.runtime.name"),
          Map.entry("process.runtime.version", "service.runtime.version"),
          Map.entry("os.name", "host.os.name"),
          Map.entry("os.type", "host.os.platform"),
          Map.entry("os.description", "host.os.full"),
          Map.entry("os.version", "host.os.version"),
          Map.entry("client.address", "client.ip"),
          Map.entry("source.address", "source.ip"),
          Map.entry("k8s.deployment.name", "kubernetes.deployment.name"),
          Map.entry("k8s.namespace.name", "kubernetes.namespace"),
          Map.entry("k8s.node.name", "kubernetes.node.name"),
          Map.entry("k8s.pod.name", "kubernetes.pod.name"),
          Map.entry("k8s.pod.uid", "kubernetes.pod.uid"),
          Map.entry("k8s.job.name", "kubernetes.job.name"),
          Map.entry("k8s.cronjob.name", "kubernetes.cronjob.name"),
          Map.entry("k8s.statefulset.name", "kubernetes.statefulset.name"),
          Map.entry("k8s.replicaset.name", "kubernetes.replicaset.name"),
          Map.entry("k8s.daemonset.name", "kubernetes.daemonset.name"),
          Map.entry("k8s.container.name", "kubernetes.container.name"),
          Map.entry("k8s.cluster.name", "orchestrator.cluster.name"),
          Map.entry("faas.instance", "faas.id"),
          Map.entry("faas.trigger", "faas.trigger.type"));

  private static final Map<String, String> OF_RECORDS =
      Map.of(
          "event.name", "event.action",
          "exception.message", "error.message",
          "exception.stacktrace", "error.stacktrace",
          "exception.type", "error.type",
          "exception.escaped", "event.error.exception.handled",
          "http.response.body.size", "http.response.encoded_body_size");

  private static final Map<String, String> OF_SPANS =
      Map.of(
          "messaging.operation.name", "span.action",
          "db.system", "span.db.type",
          "db.namespace", "span.db.instance",
          "db.query.text", "span.db.statement",
          "http.response.body.size", "http.response.encoded_body_size");

  private static final List<String> KINDS =
      List.of("", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER");

  private EcsText() {}

  static void log(
      Attributes resource,
      Scope scope,
      LogRecord r,
      CollectorMode.DataStreamName at,
      TextBuffer to) {
    FlatDocument d = contextDocument(resource, scope);
    renamed(d, r.attributes(), OF_RECORDS);
    RawText.place(d, "", at);
    agent(d, resource);
    d.time("@timestamp", r.timeUnixNano() != 0 ? r.timeUnixNano() : r.observedTimeUnixNano());
    d.traceId("trace.id", r.traceIdHigh(), r.traceIdLow());
    d.spanId("span.id", r.spanId());
    if (r.severityNumber() != 0) {
      d.add("event.severity", (long) r.severityNumber());
    }
    d.text("log.level", r.severityText());
    if (r.body() instanceof String message) {
      d.add("message", message);
    }
    d.write(to, true);
    to.put('\n');
  }

  static void span(
      Attributes resource, Scope scope, Span s, CollectorMode.DataStreamName at, TextBuffer to) {
    FlatDocument d = contextDocument(resource, scope);
    Map<String, String> names = new HashMap<>(OF_SPANS);
    names.put(
        "messaging.destination.name",
        "transaction".equals(s.attributes().get("processor.event"))
            ? "transaction.message.queue.name"
            : "span.message.queue.name");
    renamed(d, s.attributes(), names);
    RawText.place(d, "", at);
    d.time("@timestamp", s.startTimeUnixNano());
    d.traceId("trace.id", s.traceIdHigh(), s.traceIdLow());
    d.spanId("span.id", s.spanId());
    d.text("span.name", s.name());
    d.spanId("parent.id", s.parentSpanId());
    d.text("event.outcome", s.statusCode() == 1 ? "success" : s.statusCode() == 2 ? "failure" : "");
    List<FlatDocument> links = new ArrayList<>();
    for (SpanLink l : s.hasLinks() ? s.links() : List.<SpanLink>of()) {
      FlatDocument link = new FlatDocument();
      link.traceId("trace.id", l.traceIdHigh(), l.traceIdLow());
      link.spanId("span.id", l.spanId());
      links.add(link);
    }
    d.documents("span.links", links);
    d.text("span.kind", OtelText.word(KINDS, s.kind()));
    d.write(to, true);
    to.put('\n');
  }

  private static FlatDocument contextDocument(Attributes resource, Scope scope) {
    FlatDocument d = new FlatDocument();
    resource.forEach(
        (k, v) -> {
          if (k.equals("host.name")) {
            d.add(k, v);
            if (!resource.contains("host.hostname")) {
              d.add("host.hostname", v);
            }
          } else if (!NOT_PASSED.contains(k)) {
            d.add(OF_RESOURCES.getOrDefault(k, k), v);
          }
        });
    d.addAll("", scope.attributes());
    d.text("host.os.type", osType(resource));
    return d;
  }

  private static void renamed(FlatDocument d, Attributes from, Map<String, String> names) {
    from.forEach((k, v) -> d.add(names.getOrDefault(k, k), v));
  }

  /** Writes the agent: the SDK, its language and its distribution. */
  private static void agent(FlatDocument d, Attributes resource) {
    String sdk = resource.get("telemetry.sdk.name") instanceof String s ? s : "otlp";
    String language = text(resource, "telemetry.sdk.language");
    String distro = text(resource, "telemetry.distro.name");
    if (!distro.isEmpty()) {
      sdk += "/" + (language.isEmpty() ? "unknown" : language) + "/" + distro;
    } else if (!language.isEmpty()) {
      sdk += "/" + language;
    }
    d.text("agent.name", sdk);
    d.text(
        "agent.version",
        text(
            resource,
            resource.contains("telemetry.distro.version")
                ? "telemetry.distro.version"
                : "telemetry.sdk.version"));
  }

  /** Returns an OS type known to the schema; "" for others. */
  private static String osType(Attributes resource) {
    switch (text(resource, "os.name")) {
      case "Android":
        return "android";
      case "iOS":
        return "ios";
      default:
        return switch (text(resource, "os.type")) {
          case "windows" -> "windows";
          case "linux" -> "linux";
          case "darwin" -> "macos";
          case "aix", "hpux", "solaris" -> "unix";
          default -> "";
        };
    }
  }

  private static String text(Attributes a, String key) {
    return a.get(key) instanceof String s ? s : "";
  }
}
