package dev.tethys.codec.jaeger;

import dev.tethys.model.telemetry.Attributes;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A span in Jaeger's model. Times are Unix nanoseconds. */
final class JaegerSpan {
  /** Process that created the span. */
  static final class Process {
    String service = "";
    final Attributes tags = new Attributes();
  }

  /** Reference to another span. */
  record Reference(boolean childOf, long traceHigh, long traceLow, long spanId) {}

  /** Log of a span: an event with a time. */
  record Log(long nanos, Attributes fields) {}

  long traceHigh;
  long traceLow;
  long id;
  long parent;
  String name = "";
  int flags;
  long start;
  long duration;
  final List<Reference> references = new ArrayList<>();
  final Attributes tags = new Attributes();
  final List<Log> logs = new ArrayList<>();

  /** Resource of the span itself; null to use that of its batch. */
  @Nullable Process process;

  /** Problem found while the span was read. */
  @Nullable String problem;

  /** Problem of the span; null for a valid one. */
  @Nullable String check() {
    if (problem != null) {
      return problem;
    }
    return (traceHigh | traceLow) == 0
        ? "the trace id is zero"
        : id == 0 ? "the span id is zero" : null;
  }
}
