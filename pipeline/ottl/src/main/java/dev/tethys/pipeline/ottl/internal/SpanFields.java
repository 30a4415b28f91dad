package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Id;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlTarget;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Paths.Field;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Fields of spans, of their events and of their links. */
final class SpanFields {
  private static final List<String> KINDS =
      List.of("Unspecified", "Internal", "Server", "Client", "Producer", "Consumer");

  private record Status(int code, String message) {}

  private SpanFields() {}

  static Map<String, Field> span() {
    Map<String, Field> f = new HashMap<>();
    Paths.ids(
        f,
        "trace_id",
        Id.Kind.TRACE,
        at -> Id.trace(at.span().traceIdHigh(), at.span().traceIdLow()),
        (at, id) -> at.span().setTraceId(id.high(), id.low()));
    Paths.ids(
        f,
        "span_id",
        Id.Kind.SPAN,
        at -> Id.span(at.span().spanId()),
        (at, id) -> at.span().setSpanId(id.low()));
    Paths.ids(
        f,
        "parent_span_id",
        Id.Kind.SPAN,
        at -> Id.span(at.span().parentSpanId()),
        (at, id) -> at.span().setParentSpanId(id.low()));
    f.put(
        "trace_state",
        traceState(at -> at.span().traceState(), (at, v) -> at.span().setTraceState(v)));
    f.put("name", Paths.string(at -> at.span().name(), (at, v) -> at.span().setName(v)));
    f.put(
        "kind", Paths.longs(at -> at.span().kind(), (at, v) -> at.span().setKind(Paths.count(v))));
    f.put(
        "kind.string",
        Paths.string(
            at -> kindName(at.span().kind()),
            (at, v) -> at.span().setKind(kind(KINDS.indexOf(v), v))));
    f.put(
        "kind.deprecated_string",
        Paths.string(
            at -> {
              String name = kindName(at.span().kind());
              return name.isEmpty() ? "" : "SPAN_KIND_" + name.toUpperCase(Locale.ROOT);
            },
            (at, v) -> at.span().setKind(kind(deprecatedKind(v), v))));
    Paths.times(
        f,
        "start_time",
        at -> at.span().startTimeUnixNano(),
        (at, v) -> at.span().setStartTimeUnixNano(v));
    Paths.times(
        f,
        "end_time",
        at -> at.span().endTimeUnixNano(),
        (at, v) -> at.span().setEndTimeUnixNano(v));
    f.put("attributes", Paths.map(at -> at.span().attributes()));
    f.put(
        "dropped_attributes_count",
        Paths.longs(
            at -> Paths.unsigned(at.span().droppedAttributesCount()),
            (at, v) -> at.span().setDroppedAttributesCount(Paths.count(v))));
    f.put(
        "events",
        Paths.plain(
            Type.TELEMETRY,
            at -> at.span().events(),
            (at, v) -> Paths.replace(at.span().events(), v, SpanEvent.class, SpanEvent::copy)));
    f.put(
        "dropped_events_count",
        Paths.longs(
            at -> Paths.unsigned(at.span().droppedEventsCount()),
            (at, v) -> at.span().setDroppedEventsCount(Paths.count(v))));
    f.put(
        "links",
        Paths.plain(
            Type.TELEMETRY,
            at -> at.span().links(),
            (at, v) -> Paths.replace(at.span().links(), v, SpanLink.class, SpanLink::copy)));
    f.put(
        "dropped_links_count",
        Paths.longs(
            at -> Paths.unsigned(at.span().droppedLinksCount()),
            (at, v) -> at.span().setDroppedLinksCount(Paths.count(v))));
    f.put(
        "status",
        Paths.plain(
            Type.TELEMETRY,
            at -> new Status(at.span().statusCode(), at.span().statusMessage()),
            (at, v) -> {
              if (!(v instanceof Status s)) {
                throw new EvaluationException(
                    "this field holds a status; assign to status.code and status.message");
              }
              at.span().setStatusCode(s.code());
              at.span().setStatusMessage(s.message());
            }));
    f.put(
        "status.code",
        Paths.longs(
            at -> at.span().statusCode(), (at, v) -> at.span().setStatusCode(Paths.count(v))));
    f.put(
        "status.message",
        Paths.string(at -> at.span().statusMessage(), (at, v) -> at.span().setStatusMessage(v)));
    f.put(
        "flags",
        Paths.longs(
            at -> Paths.unsigned(at.span().flags()),
            (at, v) -> at.span().setFlags(Paths.count(v))));
    return f;
  }

  static Map<String, Field> event() {
    Map<String, Field> f = new HashMap<>();
    Paths.times(
        f, "time", at -> at.event().timeUnixNano(), (at, v) -> at.event().setTimeUnixNano(v));
    f.put("name", Paths.string(at -> at.event().name(), (at, v) -> at.event().setName(v)));
    f.put("attributes", Paths.map(at -> at.event().attributes()));
    f.put(
        "dropped_attributes_count",
        Paths.longs(
            at -> Paths.unsigned(at.event().droppedAttributesCount()),
            (at, v) -> at.event().setDroppedAttributesCount(Paths.count(v))));
    f.put(
        "event_index",
        Paths.longs(
            at -> at.eventIndex(),
            (_, _) -> {
              throw new EvaluationException("event_index is read-only");
            }));
    return f;
  }

  static Map<String, Field> link() {
    Map<String, Field> f = new HashMap<>();
    Paths.ids(
        f,
        "trace_id",
        Id.Kind.TRACE,
        at -> Id.trace(at.link().traceIdHigh(), at.link().traceIdLow()),
        (at, id) -> at.link().setTraceId(id.high(), id.low()));
    Paths.ids(
        f,
        "span_id",
        Id.Kind.SPAN,
        at -> Id.span(at.link().spanId()),
        (at, id) -> at.link().setSpanId(id.low()));
    f.put(
        "trace_state",
        traceState(at -> at.link().traceState(), (at, v) -> at.link().setTraceState(v)));
    f.put("attributes", Paths.map(at -> at.link().attributes()));
    f.put(
        "dropped_attributes_count",
        Paths.longs(
            at -> Paths.unsigned(at.link().droppedAttributesCount()),
            (at, v) -> at.link().setDroppedAttributesCount(Paths.count(v))));
    f.put(
        "flags",
        Paths.longs(
            at -> Paths.unsigned(at.link().flags()),
            (at, v) -> at.link().setFlags(Paths.count(v))));
    return f;
  }

  private static Field traceState(OttlExpr.Getter getter, OttlTarget.StringSetter setter) {
    return new Field.Indexed(
        keys -> {
          if (keys.length == 0) {
            return OttlTarget.ofString(getter, setter);
          }
          if (keys.length > 1) {
            throw new Paths.UnknownPathException("trace_state takes one string index");
          }
          return OttlTarget.of(
              Type.STRING,
              at ->
                  TraceState.get(
                      (String) Objects.requireNonNull(getter.get(at)), key(keys[0].get(at))),
              (at, v) -> {
                if (!(v instanceof String s)) {
                  throw new EvaluationException(
                      "an entry of trace_state must be a string, not " + Type.of(v).text());
                }
                setter.set(
                    at,
                    TraceState.set(
                        (String) Objects.requireNonNull(getter.get(at)), key(keys[0].get(at)), s));
              });
        });
  }

  private static String key(@Nullable Object key) {
    if (key instanceof String s) {
      return s;
    }
    throw new EvaluationException("trace_state requires a string index");
  }

  private static String kindName(int kind) {
    return kind >= 0 && kind < KINDS.size() ? KINDS.get(kind) : "";
  }

  private static int deprecatedKind(String v) {
    for (int i = 0; i < KINDS.size(); i++) {
      if (v.equals("SPAN_KIND_" + KINDS.get(i).toUpperCase(Locale.ROOT))) {
        return i;
      }
    }
    return -1;
  }

  private static int kind(int index, String given) {
    if (index < 0) {
      throw new EvaluationException("there is no kind of span " + given);
    }
    return index;
  }
}
