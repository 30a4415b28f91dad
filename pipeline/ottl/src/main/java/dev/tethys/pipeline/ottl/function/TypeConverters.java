package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Id;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import dev.tethys.pipeline.ottl.internal.Conversions;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Type checks and conversions of values. */
final class TypeConverters {
  private TypeConverters() {}

  static List<OttlFunction> all() {
    return List.of(
        is("IsBool", v -> v instanceof Boolean),
        is("IsDouble", v -> v instanceof Double),
        is("IsInt", v -> v instanceof Long),
        is("IsString", v -> v instanceof String),
        is("IsMap", v -> v instanceof Attributes),
        is("IsList", v -> v instanceof ArrayValue || v instanceof List),
        is("IsEmpty", TypeConverters::isEmpty),
        OttlFunction.converter("Bool", Type.BOOL)
            .takes("value", ParameterKind.ANY)
            .made(a -> one(a, Conversions::toBool)),
        OttlFunction.converter("Int", Type.INT)
            .takes("value", ParameterKind.INT_LIKE)
            .made(TypeConverters::itself),
        OttlFunction.converter("Double", Type.DOUBLE)
            .takes("value", ParameterKind.DOUBLE_LIKE)
            .made(TypeConverters::itself),
        OttlFunction.converter("String", Type.STRING)
            .takes("value", ParameterKind.STRING_LIKE)
            .made(TypeConverters::itself),
        OttlFunction.converter("Log", Type.DOUBLE)
            .takes("value", ParameterKind.DOUBLE_LIKE)
            .made(
                a ->
                    one(
                        a,
                        v -> {
                          if (!(v instanceof Double d) || !(d > 0)) {
                            throw new EvaluationException(
                                "the logarithm is only defined for numbers greater than zero");
                          }
                          return Math.log(d);
                        })),
        OttlFunction.converter("IsRootSpan", Type.BOOL)
            .in(OttlContext.SPAN, OttlContext.SPAN_EVENT, OttlContext.SPAN_LINK)
            .impure()
            .made(_ -> at -> at.span().parentSpanId() == 0));
  }

  /** Converter with one argument. */
  @FunctionalInterface
  interface Unary {
    @Nullable Object of(@Nullable Object value);
  }

  static OttlExpr.Getter one(Arguments a, Unary f) {
    OttlExpr e = a.expr(0);
    return at -> f.of(e.get(at));
  }

  private static OttlExpr.Getter itself(Arguments a) {
    OttlExpr e = a.expr(0);
    return e::get;
  }

  private static OttlFunction is(String name, Predicate<@Nullable Object> test) {
    return OttlFunction.converter(name, Type.BOOL)
        .takes("value", ParameterKind.ANY)
        .made(a -> one(a, test::test));
  }

  private static boolean isEmpty(@Nullable Object value) {
    return switch (value) {
      case null -> true;
      case String s -> s.isEmpty();
      case Long l -> l == 0;
      case Double d -> d == 0;
      case Boolean b -> !b;
      case byte[] b -> b.length == 0;
      case Attributes m -> m.isEmpty();
      case ArrayValue l -> l.isEmpty();
      case Id id -> id.isEmpty();
      case Duration d -> d.isZero();
      case ZonedDateTime t -> t.toInstant().equals(java.time.Instant.EPOCH);
      case List<?> l -> l.isEmpty();
      default -> false;
    };
  }
}
