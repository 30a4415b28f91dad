package dev.tethys.query.traceql;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.TracesData;
import java.util.Random;

/** Random traces and queries: few values, so that filters meet them; trees with all that is odd. */
final class RandomTraces {
  private final Random random;

  RandomTraces(long seed) {
    random = new Random(seed);
  }

  TracesData data() {
    TracesData data = new TracesData();
    int traces = 1 + random.nextInt(8);
    for (int t = 1; t <= traces; t++) {
      int spans = 1 + random.nextInt(10);
      for (int i = 0; i < spans; i++) {
        add(data, t, i, spans);
      }
    }
    return data;
  }

  private void add(TracesData data, int trace, int number, int spans) {
    ResourceGroup<Span> r = new ResourceGroup<>();
    r.resource().attributes().put("service.name", pick("cart", "user", "ad"));
    if (random.nextInt(3) == 0) {
      r.resource().attributes().put("a", value());
    }
    ScopeGroup<Span> s = new ScopeGroup<>();
    Span span = new Span();
    span.setTraceId(7, trace);
    boolean duplicate = number > 0 && random.nextInt(12) == 0;
    span.setSpanId(duplicate ? number : number + 1);
    span.setParentSpanId(
        switch (random.nextInt(10)) {
          case 0 -> 0; // one more root
          case 1 -> 99; // parent that is absent
          case 2 -> 1 + random.nextInt(spans); // maybe a cycle
          default -> number == 0 ? 0 : 1 + random.nextInt(number);
        });
    span.setName(pick("get", "put", "list"));
    span.setKind(random.nextInt(6));
    span.setStatusCode(random.nextInt(3));
    span.setStartTimeUnixNano(1000 + random.nextInt(40));
    span.setEndTimeUnixNano(span.startTimeUnixNano() + random.nextInt(20) - 2);
    for (String key : new String[] {"a", "b"}) {
      if (random.nextInt(3) > 0) {
        span.attributes().put(key, value());
      }
    }
    for (int e = random.nextInt(4); e > 1; e--) {
      SpanEvent event = new SpanEvent();
      event.attributes().put("x", scalar());
      span.events().add(event);
    }
    s.items().add(span);
    r.scopes().add(s);
    data.resources().add(r);
  }

  private String pick(String... of) {
    return of[random.nextInt(of.length)];
  }

  private Object value() {
    if (random.nextInt(6) == 0) {
      ArrayValue a = new ArrayValue();
      for (int i = random.nextInt(4); i >= 0; i--) {
        a.add(scalar());
      }
      return a;
    }
    return scalar();
  }

  private Object scalar() {
    return switch (random.nextInt(5)) {
      case 0 -> pick("x", "y", "xy");
      case 1 -> random.nextBoolean();
      case 2 -> random.nextInt(6) / 2.0;
      default -> (long) random.nextInt(4);
    };
  }

  /** A pipeline of spansets. */
  String pipeline() {
    StringBuilder sb = new StringBuilder(spanset(2));
    for (int i = random.nextInt(5); i > 2; i--) {
      sb.append(" | ")
          .append(
              pick(
                  "count() > 1",
                  "count() = 2",
                  "count() <= 2",
                  "avg(duration) > 5ns",
                  "max(duration) >= 9ns",
                  "by(name)",
                  "by(.a)",
                  "coalesce()",
                  "select(.b)",
                  filter(1),
                  spanset(1)));
    }
    return sb.toString();
  }

  private String spanset(int depth) {
    if (depth == 0 || random.nextInt(3) == 0) {
      return filter(2);
    }
    String op =
        pick(
            "&&", "||", ">", "<", ">>", "<<", "~", "!>", "!<", "!>>", "!<<", "!~", "&>", "&<",
            "&>>", "&<<", "&~");
    String right = spanset(depth - 1);
    return "(" + spanset(depth - 1) + ") " + op + " (" + right + ")";
  }

  /** A filter in braces. */
  String filter(int depth) {
    return random.nextInt(8) == 0 ? "{ }" : "{ " + expression(depth) + " }";
  }

  private String expression(int depth) {
    if (depth > 0 && random.nextInt(2) == 0) {
      return switch (random.nextInt(5)) {
        case 0 -> "!(" + expression(depth - 1) + ")";
        case 1, 2 -> "(" + expression(depth - 1) + " && " + expression(depth - 1) + ")";
        default -> "(" + expression(depth - 1) + " || " + expression(depth - 1) + ")";
      };
    }
    String field = pick(".a", ".b", "span.a", "resource.a", "event.x");
    return switch (random.nextInt(12)) {
      case 0 -> field;
      case 1 -> field.startsWith("event") ? "true" : "!" + field;
      case 2 -> field + pick(" = nil", " != nil");
      case 3 -> field + pick(" =~ ", " !~ ") + pick("`x.*`", "`y`");
      case 4 -> "duration " + comparison() + " " + random.nextInt(15) + "ns";
      case 5 -> pick("name = `get`", "name != `put`", "resource.service.name = `cart`");
      case 6 -> pick("status = error", "status != ok", "kind = server", "kind != client");
      case 7 ->
          pick(
              "nestedSetParent < 0",
              "nestedSetParent >= 0",
              "nestedSetParent > 0",
              "nestedSetParent = -1",
              "span:childCount > 1",
              "rootName = `get`",
              "traceDuration > 30ns");
      case 8 -> ".a + .b " + comparison() + " 3";
      case 9 -> ".a " + comparison() + " .b";
      case 10 -> literal() + " " + comparison() + " " + field;
      default -> field + " " + comparison() + " " + literal();
    };
  }

  private String comparison() {
    return pick("=", "!=", "<", "<=", ">", ">=");
  }

  private String literal() {
    return pick("1", "2", "1.5", "`x`", "`xy`", "0");
  }

  String group() {
    return pick(
        "", " by (name)", " by (resource.service.name, status)", " by (.a)", " by (.b, kind)");
  }

  int below(int n) {
    return random.nextInt(n);
  }
}
