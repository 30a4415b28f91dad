package dev.tethys.pipeline.ottl.internal;

import dev.tethys.config.NameSuggestion;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Id;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlTarget;
import dev.tethys.pipeline.ottl.Type;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Fields of each context by their dotted names, with the indexes they accept. */
public final class Paths {
  /** Field: plain or indexed. */
  sealed interface Field {
    /** A field without indexes. */
    record Plain(OttlTarget target) implements Field {}

    /** Map that is accessed as a whole or by keys. */
    record OfMap(Function<Cursor, Attributes> map) implements Field {}

    /** Field with its own indexing, created from its keys, if any. */
    record Indexed(Function<OttlExpr[], OttlTarget> make) implements Field {}
  }

  private static final Map<OttlContext, Map<String, Field>> FIELDS =
      new EnumMap<>(OttlContext.class);

  static {
    FIELDS.put(OttlContext.RESOURCE, CommonFields.resource());
    FIELDS.put(OttlContext.SCOPE, CommonFields.scope());
    FIELDS.put(OttlContext.LOG, LogFields.log());
    FIELDS.put(OttlContext.SPAN, SpanFields.span());
    FIELDS.put(OttlContext.SPAN_EVENT, SpanFields.event());
    FIELDS.put(OttlContext.SPAN_LINK, SpanFields.link());
    FIELDS.put(OttlContext.METRIC, MetricFields.metric());
    FIELDS.put(OttlContext.DATA_POINT, PointFields.point());
    FIELDS.put(OttlContext.EXEMPLAR, PointFields.exemplar());
    FIELDS.put(OttlContext.PROFILE, ProfileFields.profile());
    FIELDS.put(OttlContext.PROFILE_SAMPLE, ProfileFields.sample());
  }

  private Paths() {}

  /** Thrown for an unknown path. */
  public static final class UnknownPathException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnknownPathException(String message) {
      super(message, null, false, false);
    }
  }

  private static Map<String, Field> fields(OttlContext context) {
    return Objects.requireNonNull(FIELDS.get(context));
  }

  /** Returns the field names of a context, for documentation and errors. */
  public static List<String> names(OttlContext context) {
    return fields(context).keySet().stream().sorted().toList();
  }

  /**
   * Creates the closure of a path.
   *
   * @param names path names without that of the context
   * @param keys the indexes at its end
   * @throws UnknownPathException if the context has no such path
   */
  public static OttlTarget path(OttlContext context, String names, OttlExpr[] keys) {
    Field field = names.equals("cache") ? CommonFields.CACHE : fields(context).get(names);
    if (field == null) {
      String near = NameSuggestion.of(names, fields(context).keySet());
      throw new UnknownPathException(
          "a "
              + context.text()
              + " has no field "
              + names
              + (near == null
                  ? "; it has " + String.join(", ", names(context))
                  : "; did you mean " + near + "?"));
    }
    return switch (field) {
      case Field.Plain p -> {
        if (keys.length > 0 && p.target().type() != Type.LIST) {
          throw new UnknownPathException(names + " cannot be indexed");
        }
        yield keys.length == 0 ? p.target() : item(p.target(), keys);
      }
      case Field.OfMap m -> map(m.map(), keys);
      case Field.Indexed i -> i.make().apply(keys);
    };
  }

  /** Returns an item of a list that is created for each read. */
  private static OttlTarget item(OttlTarget list, OttlExpr[] keys) {
    return OttlTarget.of(
        Type.ANY,
        at -> {
          Object value = list.get(at);
          return value == null ? null : Indexing.get(at, value, keys, 0);
        },
        (_, _) -> {
          throw new EvaluationException("assign to the whole list, not to one item of it");
        });
  }

  private static OttlTarget map(Function<Cursor, Attributes> map, OttlExpr[] keys) {
    if (keys.length == 0) {
      return OttlTarget.of(
          Type.MAP, map::apply, (at, value) -> Indexing.replace(map.apply(at), value));
    }
    if (keys.length == 1 && keys[0].isConstant() && keys[0].get(new Cursor()) instanceof String k) {
      return OttlTarget.of(
          Type.ANY,
          at -> map.apply(at).get(k),
          (at, value) -> map.apply(at).put(k, Indexing.storable(value)));
    }
    return OttlTarget.of(
        Type.ANY,
        at -> Indexing.get(at, map.apply(at), keys, 0),
        (at, value) -> Indexing.set(at, map.apply(at), keys, 0, value));
  }

  static Field longs(OttlExpr.LongGetter getter, OttlTarget.LongSetter setter) {
    return new Field.Plain(OttlTarget.ofLong(getter, setter));
  }

  static Field string(OttlExpr.Getter getter, OttlTarget.StringSetter setter) {
    return new Field.Plain(OttlTarget.ofString(getter, setter));
  }

  static Field plain(Type type, OttlExpr.Getter getter, OttlTarget.Setter setter) {
    return new Field.Plain(OttlTarget.of(type, getter, setter));
  }

  static Field map(Function<Cursor, Attributes> map) {
    return new Field.OfMap(map);
  }

  /** Converts a count that the protocol keeps in 32 bits. */
  static int count(long value) {
    if (value < 0 || value > 0xFFFF_FFFFL) {
      throw new EvaluationException("the number " + value + " does not fit into 32 bits");
    }
    return (int) value;
  }

  static long unsigned(int value) {
    return Integer.toUnsignedLong(value);
  }

  /** Converts nanoseconds since 1970 to a time. */
  static ZonedDateTime time(long nanos) {
    return Instant.ofEpochSecond(
            Math.floorDiv(nanos, 1_000_000_000L), Math.floorMod(nanos, 1_000_000_000L))
        .atZone(ZoneOffset.UTC);
  }

  /** Adds both forms of a time: a number, and under its other name a time. */
  static void times(
      Map<String, Field> to,
      String name,
      OttlExpr.LongGetter getter,
      OttlTarget.LongSetter setter) {
    to.put(name + "_unix_nano", longs(getter, setter));
    to.put(
        name,
        plain(
            Type.TIME,
            at -> time(getter.get(at)),
            (at, v) -> {
              if (!(v instanceof ZonedDateTime t)) {
                throw new EvaluationException(
                    "this field requires a time, not "
                        + Type.of(v).text()
                        + "; assign numbers to "
                        + name
                        + "_unix_nano");
              }
              setter.set(at, nanos(t));
            }));
  }

  /** Nanoseconds since 1970. */
  public static long nanos(ZonedDateTime t) {
    try {
      Instant i = t.toInstant();
      return Math.addExact(
          Math.multiplyExact(i.getEpochSecond(), 1_000_000_000L), (long) i.getNano());
    } catch (ArithmeticException e) {
      throw new EvaluationException("the time is outside of the years 1678 to 2262");
    }
  }

  /** Adds both forms of an ID: bytes, and {@code .string} in hexadecimal digits. */
  static void ids(
      Map<String, Field> to,
      String name,
      Id.Kind kind,
      Function<Cursor, Id> getter,
      java.util.function.BiConsumer<Cursor, Id> setter) {
    to.put(
        name,
        plain(
            Type.ID,
            getter::apply,
            (at, v) -> {
              if (!(v instanceof Id id) || id.kind() != kind) {
                throw new EvaluationException(
                    "this field requires an id, not "
                        + Type.of(v).text()
                        + "; write "
                        + converter(kind)
                        + "(...) around it, or assign to "
                        + name
                        + ".string");
              }
              setter.accept(at, id);
            }));
    to.put(
        name + ".string",
        string(at -> getter.apply(at).hex(), (at, s) -> setter.accept(at, Id.hex(kind, s))));
  }

  private static String converter(Id.Kind kind) {
    return switch (kind) {
      case TRACE -> "TraceID";
      case SPAN -> "SpanID";
      case PROFILE -> "ProfileID";
    };
  }

  /** Returns a field with any OTLP value, accessed as a whole or by keys. */
  static Field.Indexed value(
      String what, Function<Cursor, @Nullable Object> getter, OttlTarget.Setter setter) {
    return new Field.Indexed(
        keys ->
            keys.length == 0
                ? OttlTarget.of(
                    Type.ANY, getter::apply, (at, v) -> setter.set(at, Indexing.storable(v)))
                : OttlTarget.of(
                    Type.ANY,
                    at -> Indexing.get(at, indexable(what, getter.apply(at)), keys, 0),
                    (at, v) -> {
                      switch (indexable(what, getter.apply(at))) {
                        case Attributes m -> Indexing.set(at, m, keys, 0, v);
                        case ArrayValue a -> Indexing.set(at, a, keys, 0, v);
                        default -> throw new AssertionError();
                      }
                    }));
  }

  private static Object indexable(String what, @Nullable Object value) {
    if (value instanceof Attributes || value instanceof ArrayValue) {
      return value;
    }
    throw new EvaluationException(
        "a " + what + " of type " + Type.of(value).text() + " cannot be indexed");
  }

  /** Replaces lists of telemetry parts, copied; nil empties them. */
  static <T> void replace(
      List<T> target, @Nullable Object value, Class<T> type, Function<T, T> copy) {
    if (value == null) {
      target.clear();
      return;
    }
    if (!(value instanceof List<?> l) || !l.stream().allMatch(type::isInstance)) {
      throw new EvaluationException(
          "this field requires a list of its type, not a value of type " + Type.of(value).text());
    }
    List<T> copies = l.stream().map(type::cast).map(copy).toList();
    target.clear();
    target.addAll(copies);
  }
}
