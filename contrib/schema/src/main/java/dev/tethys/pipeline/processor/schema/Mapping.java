package dev.tethys.pipeline.processor.schema;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Built-in renaming of attributes of resources, spans and log records between the Elastic Common
 * Schema and the semantic conventions of OpenTelemetry.
 */
enum Mapping {
  ECS_TO_OTEL("ecs-to-otel"),
  OTEL_TO_ECS("otel-to-ecs");

  /**
   * Fields that ECS declares equivalent to attributes of other names. Left out is {@code
   * http.request.method}, which both have.
   */
  private static final Map<String, String> EQUIVALENT = new LinkedHashMap<>();

  /** ECS fields that map to list attributes. */
  private static final List<String> LISTS =
      List.of("container.image.hash.all", "container.image.tag", "process.args");

  static {
    Map<String, String> m = EQUIVALENT;
    m.put("cloud.service.name", "cloud.platform");
    m.put("container.image.hash.all", "container.image.repo_digests");
    m.put("container.image.tag", "container.image.tags");
    m.put("container.runtime", "container.runtime.name");
    m.put("error.message", "exception.message");
    m.put("error.stack_trace", "exception.stacktrace");
    m.put("faas.execution", "faas.invocation_id");
    m.put("faas.trigger.type", "faas.trigger");
    m.put("file.ctime", "file.changed");
    m.put("file.gid", "file.group.id");
    m.put("file.group", "file.group.name");
    m.put("file.mtime", "file.modified");
    m.put("file.owner", "file.owner.name");
    m.put("file.target_path", "file.symbolic_link.target_path");
    m.put("file.uid", "file.owner.id");
    m.put("host.architecture", "host.arch");
    m.put("http.request.body.bytes", "http.request.body.size");
    m.put("http.request.bytes", "http.request.size");
    m.put("http.response.body.bytes", "http.response.body.size");
    m.put("http.response.bytes", "http.response.size");
    m.put("network.protocol", "network.protocol.name");
    m.put("process.args", "process.command_args");
    m.put("process.executable", "process.executable.path");
    m.put("service.environment", "deployment.environment.name");
    m.put("service.node.name", "service.instance.id");
  }

  private final String word;

  Mapping(String word) {
    this.word = word;
  }

  String word() {
    return word;
  }

  private Renames renames() {
    return this == ECS_TO_OTEL ? Tables.TO_OTEL : Tables.TO_ECS;
  }

  /**
   * Tables of both directions, in a holder class because enum constants are created before static
   * fields.
   */
  private static final class Tables {
    static final Renames TO_OTEL = new Renames(EQUIVALENT);
    static final Renames TO_ECS = new Renames(Renames.inverted(EQUIVALENT));
  }

  /**
   * Renames attributes of resources, spans and log records.
   *
   * @param collision called with each new name that was already in use
   * @return whether anything was renamed
   */
  boolean apply(Telemetry<?> data, Consumer<String> collision) {
    boolean changed = false;
    for (ResourceGroup<?> r : data.resources()) {
      changed |= attributes(r.resource().attributes(), collision);
      for (ScopeGroup<?> s : r.scopes()) {
        for (Object item : s.items()) {
          if (item instanceof Span span) {
            changed |= attributes(span.attributes(), collision);
          } else if (item instanceof LogRecord l) {
            changed |= attributes(l.attributes(), collision);
            changed |= this == ECS_TO_OTEL && fields(l, collision);
          }
        }
      }
    }
    return changed;
  }

  private boolean attributes(Attributes a, Consumer<String> collision) {
    if (this == ECS_TO_OTEL) {
      for (String key : LISTS) {
        int i = a.indexOf(key);
        if (i >= 0
            && a.value(i) instanceof String s
            && !a.contains(EQUIVALENT.getOrDefault(key, ""))) {
          a.setValue(i, ArrayValue.of(s));
        }
      }
    }
    return renames().apply(a, collision);
  }

  /** Moves fields of ECS that log records have outside their attributes. */
  private static boolean fields(LogRecord l, Consumer<String> collision) {
    Attributes a = l.attributes();
    boolean changed = false;
    String level = a.getString("log.level");
    if (level != null) {
      if (l.severityText().isEmpty()) {
        l.setSeverityText(level);
        changed = a.remove("log.level");
      } else {
        collision.accept("severity_text");
      }
    }
    String message = a.getString("message");
    if (message != null) {
      if (l.body() == null) {
        l.setBody(message);
        changed |= a.remove("message");
      } else {
        collision.accept("body");
      }
    }
    String trace = hex(a.getString("trace.id"), 32);
    if (trace != null) {
      if (l.traceIdHigh() == 0 && l.traceIdLow() == 0) {
        l.setTraceId(
            Long.parseUnsignedLong(trace.substring(0, 16), 16),
            Long.parseUnsignedLong(trace.substring(16), 16));
        changed |= a.remove("trace.id");
      } else {
        collision.accept("trace_id");
      }
    }
    String span = hex(a.getString("span.id"), 16);
    if (span != null) {
      if (l.spanId() == 0) {
        l.setSpanId(Long.parseUnsignedLong(span, 16));
        changed |= a.remove("span.id");
      } else {
        collision.accept("span_id");
      }
    }
    return changed;
  }

  /** Returns a string with exactly that many hexadecimal digits; null otherwise. */
  private static @Nullable String hex(@Nullable String text, int digits) {
    return text != null
            && text.length() == digits
            && text.chars().allMatch(c -> Character.digit(c, 16) >= 0 && c < 128)
        ? text
        : null;
  }
}
