package dev.tethys.model.traces;

/**
 * Field of a span that filters and columns refer to.
 *
 * @param scope scope of the field
 * @param name key of an attribute; empty for an intrinsic field
 */
public record SpanField(Scope scope, String name) implements Comparable<SpanField> {
  /** Kind of a field: an attribute by its place, or one of the intrinsic fields. */
  public enum Scope {
    SPAN_ATTRIBUTE,
    RESOURCE_ATTRIBUTE,
    /** Attribute of the span, or of the resource if the span has none of that key. */
    ANY_ATTRIBUTE,
    /** One value for each event that has the key. */
    EVENT_ATTRIBUTE,
    /** One value for each link that has the key. */
    LINK_ATTRIBUTE,
    SCOPE_ATTRIBUTE,
    /** STRING. */
    NAME,
    /** INT: 0 unset, 1 ok, 2 error. */
    STATUS,
    /** STRING, absent if empty. */
    STATUS_MESSAGE,
    /** INT: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
    KIND,
    /** INT: nanoseconds, 0 if the end is before the start. */
    DURATION,
    /** INT: Unix nanoseconds. */
    START,
    /** STRING: 32 hexadecimal digits. */
    TRACE_ID,
    /** STRING: 16 hexadecimal digits. */
    SPAN_ID,
    /** STRING: 16 hexadecimal digits, absent for a root. */
    PARENT_ID,
    /** STRING, absent if empty. */
    TRACE_STATE,
    /** STRING, one value for each event. */
    EVENT_NAME,
    /** INT: nanoseconds from the start of the span, one value for each event. */
    EVENT_TIME,
    /** STRING: 32 hexadecimal digits, one value for each link. */
    LINK_TRACE_ID,
    /** STRING: 16 hexadecimal digits, one value for each link. */
    LINK_SPAN_ID,
    /** STRING, absent if empty. */
    SCOPE_NAME,
    /** STRING, absent if empty. */
    SCOPE_VERSION;

    /** True for the scopes whose fields have a name. */
    public boolean isAttribute() {
      return ordinal() <= SCOPE_ATTRIBUTE.ordinal();
    }

    /** True if a span has a value for each of its events or links. */
    public boolean isRepeated() {
      return switch (this) {
        case EVENT_ATTRIBUTE, LINK_ATTRIBUTE, EVENT_NAME, EVENT_TIME, LINK_TRACE_ID, LINK_SPAN_ID ->
            true;
        default -> false;
      };
    }
  }

  /** Service name of a span. */
  public static final SpanField SERVICE = resource("service.name");

  public SpanField {
    if (!scope.isAttribute() && !name.isEmpty()) {
      throw new IllegalArgumentException("intrinsic field " + scope + " has no name");
    }
  }

  /** Returns the field for a span attribute. */
  public static SpanField span(String name) {
    return new SpanField(Scope.SPAN_ATTRIBUTE, name);
  }

  /** Returns the field for a resource attribute. */
  public static SpanField resource(String name) {
    return new SpanField(Scope.RESOURCE_ATTRIBUTE, name);
  }

  /** Intrinsic field, which is not an attribute. */
  public static SpanField intrinsic(Scope scope) {
    return new SpanField(scope, "");
  }

  @Override
  public int compareTo(SpanField other) {
    int c = scope.compareTo(other.scope);
    return c != 0 ? c : name.compareTo(other.name);
  }
}
