package dev.tethys.testkit;

import dev.tethys.model.regex.Regex;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Fields and filters of single spans by their definitions, without indexes or columns. */
final class MemorySpans {
  private static final HexFormat HEX = HexFormat.of();

  /** A stored span with its groups. */
  record Row(long sequence, ResourceGroup<Span> resource, ScopeGroup<Span> scope, Span span) {
    long start() {
      return span.startTimeUnixNano();
    }

    long duration() {
      return Math.max(0, span.endTimeUnixNano() - span.startTimeUnixNano());
    }
  }

  /** Value of a type without a constant: bytes, maps, nested arrays. */
  static final Object OTHER =
      new Object() {
        @Override
        public String toString() {
          return "OTHER";
        }
      };

  private MemorySpans() {}

  /** Values of a field: {@link SpanValue} or {@link #OTHER}. */
  static List<Object> values(Row r, SpanField f) {
    Span s = r.span;
    return switch (f.scope()) {
      case SPAN_ATTRIBUTE -> attribute(s.attributes(), f.name());
      case RESOURCE_ATTRIBUTE -> attribute(r.resource.resource().attributes(), f.name());
      case ANY_ATTRIBUTE ->
          attribute(
              s.attributes().contains(f.name())
                  ? s.attributes()
                  : r.resource.resource().attributes(),
              f.name());
      case SCOPE_ATTRIBUTE -> attribute(r.scope.scope().attributes(), f.name());
      case EVENT_ATTRIBUTE -> {
        List<Object> out = new ArrayList<>();
        for (SpanEvent e : s.events()) {
          out.addAll(attribute(e.attributes(), f.name()));
        }
        yield out;
      }
      case LINK_ATTRIBUTE -> {
        List<Object> out = new ArrayList<>();
        for (SpanLink l : s.links()) {
          out.addAll(attribute(l.attributes(), f.name()));
        }
        yield out;
      }
      case NAME -> List.of(text(s.name()));
      case STATUS -> List.of(new SpanValue.Int(s.statusCode()));
      case STATUS_MESSAGE -> optional(s.statusMessage());
      case KIND -> List.of(new SpanValue.Int(s.kind()));
      case DURATION -> List.of(new SpanValue.Int(r.duration()));
      case START -> List.of(new SpanValue.Int(r.start()));
      case TRACE_ID -> List.of(text(hex(s.traceIdHigh()) + hex(s.traceIdLow())));
      case SPAN_ID -> List.of(text(hex(s.spanId())));
      case PARENT_ID -> s.parentSpanId() == 0 ? List.of() : List.of(text(hex(s.parentSpanId())));
      case TRACE_STATE -> optional(s.traceState());
      case EVENT_NAME -> s.events().stream().<Object>map(e -> text(e.name())).toList();
      case EVENT_TIME ->
          s.events().stream()
              .<Object>map(e -> new SpanValue.Int(e.timeUnixNano() - r.start()))
              .toList();
      case LINK_TRACE_ID ->
          s.links().stream()
              .<Object>map(l -> text(hex(l.traceIdHigh()) + hex(l.traceIdLow())))
              .toList();
      case LINK_SPAN_ID -> s.links().stream().<Object>map(l -> text(hex(l.spanId()))).toList();
      case SCOPE_NAME -> optional(r.scope.scope().name());
      case SCOPE_VERSION -> optional(r.scope.scope().version());
    };
  }

  private static List<Object> attribute(Attributes attributes, String key) {
    Object v = attributes.get(key);
    if (v instanceof ArrayValue a) {
      List<Object> out = new ArrayList<>();
      for (int i = 0; i < a.size(); i++) {
        Object e = a.get(i);
        if (e != null) {
          out.add(plain(e));
        }
      }
      return out;
    }
    return v == null ? List.of() : List.of(plain(v));
  }

  private static Object plain(Object v) {
    return switch (v) {
      case String s -> text(s);
      case Long l -> new SpanValue.Int(l);
      case Double d -> new SpanValue.Real(d);
      case Boolean b -> new SpanValue.Bool(b);
      default -> OTHER;
    };
  }

  private static SpanValue text(String s) {
    return new SpanValue.Text(s);
  }

  private static List<Object> optional(String s) {
    return s.isEmpty() ? List.of() : List.of(text(s));
  }

  private static String hex(long id) {
    return HEX.toHexDigits(id);
  }

  /** Compiles the test of a filter, including its patterns. */
  static Predicate<Row> test(SpanFilter filter) {
    Map<String, Regex> patterns = new HashMap<>();
    return r -> fits(filter, r, patterns);
  }

  private static boolean fits(SpanFilter filter, Row r, Map<String, Regex> patterns) {
    return switch (filter) {
      case SpanFilter.And a -> {
        for (SpanFilter f : a.operands()) { // streams take ten times the stack for each level
          if (!fits(f, r, patterns)) {
            yield false;
          }
        }
        yield true;
      }
      case SpanFilter.Or o -> {
        for (SpanFilter f : o.operands()) {
          if (fits(f, r, patterns)) {
            yield true;
          }
        }
        yield false;
      }
      case SpanFilter.Not n -> !fits(n.operand(), r, patterns);
      case SpanFilter.Present p -> !values(r, p.field()).isEmpty();
      case SpanFilter.Compare c ->
          values(r, c.field()).stream()
              .anyMatch(v -> v instanceof SpanValue s && compares(s, c.operator(), c.value()));
      case SpanFilter.Matches m -> {
        Regex regex = patterns.computeIfAbsent(m.pattern(), Regex::whole);
        yield values(r, m.field()).stream()
            .anyMatch(v -> v instanceof SpanValue.Text t && regex.matches(t.value()));
      }
      case SpanFilter.OfTraces t -> t.ids().contains(r.span.traceIdHigh(), r.span.traceIdLow());
    };
  }

  private static boolean compares(SpanValue a, SpanFilter.Operator op, SpanValue b) {
    if (a instanceof SpanValue.Bool x && b instanceof SpanValue.Bool y) {
      return switch (op) {
        case EQUAL -> x.value() == y.value();
        case NOT_EQUAL -> x.value() != y.value();
        default -> false;
      };
    }
    Integer order = order(a, b);
    if (order == null) {
      boolean numbers = isNumber(a) && isNumber(b); // one of them is NaN
      return numbers && op == SpanFilter.Operator.NOT_EQUAL;
    }
    return switch (op) {
      case EQUAL -> order == 0;
      case NOT_EQUAL -> order != 0;
      case LESS -> order < 0;
      case LESS_OR_EQUAL -> order <= 0;
      case GREATER -> order > 0;
      case GREATER_OR_EQUAL -> order >= 0;
    };
  }

  private static boolean isNumber(SpanValue v) {
    return v instanceof SpanValue.Int || v instanceof SpanValue.Real;
  }

  private static @Nullable Integer order(SpanValue a, SpanValue b) {
    if (a instanceof SpanValue.Text x && b instanceof SpanValue.Text y) {
      return java.util.Arrays.compareUnsigned(
          x.value().getBytes(java.nio.charset.StandardCharsets.UTF_8),
          y.value().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    if (!isNumber(a) || !isNumber(b)) {
      return null;
    }
    if (a instanceof SpanValue.Real x && !Double.isFinite(x.value())
        || b instanceof SpanValue.Real y && !Double.isFinite(y.value())) {
      double p = asDouble(a);
      double q = asDouble(b);
      return Double.isNaN(p) || Double.isNaN(q) ? null : p < q ? -1 : p > q ? 1 : 0;
    }
    return exact(a).compareTo(exact(b));
  }

  private static double asDouble(SpanValue v) {
    return v instanceof SpanValue.Real r ? r.value() : ((SpanValue.Int) v).value();
  }

  private static java.math.BigDecimal exact(SpanValue v) {
    return v instanceof SpanValue.Real r
        ? new java.math.BigDecimal(r.value())
        : java.math.BigDecimal.valueOf(((SpanValue.Int) v).value());
  }
}
