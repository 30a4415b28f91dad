package dev.tethys.query.traceql.ast;

import dev.tethys.model.traces.SpanField;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Field of a span or its trace that is not an attribute. */
public enum Intrinsic {
  DURATION("duration", "span:duration", ValueType.DURATION, SpanField.Scope.DURATION),
  NAME("name", "span:name", ValueType.STRING, SpanField.Scope.NAME),
  STATUS("status", "span:status", ValueType.STATUS, SpanField.Scope.STATUS),
  STATUS_MESSAGE(
      "statusMessage", "span:statusMessage", ValueType.STRING, SpanField.Scope.STATUS_MESSAGE),
  KIND("kind", "span:kind", ValueType.KIND, SpanField.Scope.KIND),
  PARENT("parent", "parent", ValueType.NIL, null),
  ROOT_NAME("rootName", "trace:rootName", ValueType.STRING, null),
  ROOT_SERVICE("rootServiceName", "trace:rootService", ValueType.STRING, null),
  TRACE_DURATION("traceDuration", "trace:duration", ValueType.DURATION, null),
  NESTED_SET_LEFT("nestedSetLeft", "nestedSetLeft", ValueType.INT, null),
  NESTED_SET_RIGHT("nestedSetRight", "nestedSetRight", ValueType.INT, null),
  NESTED_SET_PARENT("nestedSetParent", "nestedSetParent", ValueType.INT, null),
  CHILD_COUNT("span:childCount", "span:childCount", ValueType.INT, null),
  TRACE_ID("trace:id", "trace:id", ValueType.STRING, SpanField.Scope.TRACE_ID),
  SPAN_ID("span:id", "span:id", ValueType.STRING, SpanField.Scope.SPAN_ID),
  PARENT_ID("span:parentID", "span:parentID", ValueType.STRING, SpanField.Scope.PARENT_ID),
  EVENT_NAME("event:name", "event:name", ValueType.STRING, SpanField.Scope.EVENT_NAME),
  EVENT_TIME(
      "event:timeSinceStart",
      "event:timeSinceStart",
      ValueType.DURATION,
      SpanField.Scope.EVENT_TIME),
  LINK_TRACE_ID("link:traceID", "link:traceID", ValueType.STRING, SpanField.Scope.LINK_TRACE_ID),
  LINK_SPAN_ID("link:spanID", "link:spanID", ValueType.STRING, SpanField.Scope.LINK_SPAN_ID),
  SCOPE_NAME(
      "instrumentation:name", "instrumentation:name", ValueType.STRING, SpanField.Scope.SCOPE_NAME),
  SCOPE_VERSION(
      "instrumentation:version",
      "instrumentation:version",
      ValueType.STRING,
      SpanField.Scope.SCOPE_VERSION);

  private static final Map<String, Intrinsic> BY_NAME = new HashMap<>();

  static {
    for (Intrinsic i : values()) {
      BY_NAME.put(i.text, i);
      BY_NAME.put(i.scoped, i);
    }
  }

  private final String text;
  private final String scoped;
  private final ValueType type;
  private final SpanField.@Nullable Scope scope;

  Intrinsic(String text, String scoped, ValueType type, SpanField.@Nullable Scope scope) {
    this.text = text;
    this.scoped = scoped;
    this.type = type;
    this.scope = scope;
  }

  /** Returns the field with a name, old or scoped, or null if there is none. */
  public static @Nullable Intrinsic of(String name) {
    return BY_NAME.get(name);
  }

  /** Returns the printed name. */
  public String text() {
    return text;
  }

  /** Returns the name with its scope; equal to {@link #text} if there is none. */
  public String scoped() {
    return scoped;
  }

  /** Returns the type of the values. */
  public ValueType type() {
    return type;
  }

  /** Returns the store field, or null if it follows from the entire trace. */
  public @Nullable SpanField field() {
    return scope == null ? null : SpanField.intrinsic(scope);
  }
}
