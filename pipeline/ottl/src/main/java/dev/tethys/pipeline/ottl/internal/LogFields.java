package dev.tethys.pipeline.ottl.internal;

import dev.tethys.pipeline.ottl.Id;
import dev.tethys.pipeline.ottl.internal.Paths.Field;
import java.util.HashMap;
import java.util.Map;

/** Log record fields. */
final class LogFields {
  private LogFields() {}

  static Map<String, Field> log() {
    Map<String, Field> f = new HashMap<>();
    Paths.times(f, "time", at -> at.log().timeUnixNano(), (at, v) -> at.log().setTimeUnixNano(v));
    Paths.times(
        f,
        "observed_time",
        at -> at.log().observedTimeUnixNano(),
        (at, v) -> at.log().setObservedTimeUnixNano(v));
    f.put(
        "severity_number",
        Paths.longs(
            at -> at.log().severityNumber(),
            (at, v) -> at.log().setSeverityNumber(Math.toIntExact(Paths.count(v)))));
    f.put(
        "severity_text",
        Paths.string(at -> at.log().severityText(), (at, v) -> at.log().setSeverityText(v)));
    f.put("body", Paths.value("log body", at -> at.log().body(), (at, v) -> at.log().setBody(v)));
    f.put(
        "body.string",
        Paths.string(at -> Text.attribute(at.log().body()), (at, v) -> at.log().setBody(v)));
    f.put("attributes", Paths.map(at -> at.log().attributes()));
    f.put(
        "dropped_attributes_count",
        Paths.longs(
            at -> Paths.unsigned(at.log().droppedAttributesCount()),
            (at, v) -> at.log().setDroppedAttributesCount(Paths.count(v))));
    f.put(
        "flags",
        Paths.longs(
            at -> Paths.unsigned(at.log().flags()), (at, v) -> at.log().setFlags(Paths.count(v))));
    f.put(
        "event_name",
        Paths.string(at -> at.log().eventName(), (at, v) -> at.log().setEventName(v)));
    Paths.ids(
        f,
        "trace_id",
        Id.Kind.TRACE,
        at -> Id.trace(at.log().traceIdHigh(), at.log().traceIdLow()),
        (at, id) -> at.log().setTraceId(id.high(), id.low()));
    Paths.ids(
        f,
        "span_id",
        Id.Kind.SPAN,
        at -> Id.span(at.log().spanId()),
        (at, id) -> at.log().setSpanId(id.low()));
    return f;
  }
}
