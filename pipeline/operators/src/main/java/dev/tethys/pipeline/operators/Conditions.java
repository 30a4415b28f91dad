package dev.tethys.pipeline.operators;

import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.operators.expr.Expression;
import dev.tethys.pipeline.operators.expr.ExpressionException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Variables and functions of an entry that expressions can use. */
final class Conditions {
  private static final Map<String, Function<Entry, @Nullable Object>> NAMES = new HashMap<>();

  static {
    NAMES.put("body", e -> e.record().body());
    NAMES.put("$", e -> e.record().body());
    NAMES.put("attributes", e -> e.record().attributes());
    NAMES.put("resource", Entry::resource);
    NAMES.put("timestamp", e -> time(e.record()));
    NAMES.put("severity", e -> (long) e.record().severityNumber());
    NAMES.put("severity_number", e -> (long) e.record().severityNumber());
    NAMES.put("severity_text", e -> e.record().severityText());
    NAMES.put("scope_name", Entry::scope);
  }

  /** An expression. */
  static final Type<Expression<Entry>> TYPE = Type.of("expression", null, Conditions::read);

  private Conditions() {}

  private static Object time(LogRecord r) {
    long t = r.timeUnixNano();
    return Instant.ofEpochSecond(Math.floorDiv(t, 1_000_000_000L), Math.floorMod(t, 1_000_000_000L))
        .atZone(ZoneOffset.UTC);
  }

  private static Expression<Entry> read(YamlNode n) {
    try {
      return compile(n.asString());
    } catch (ExpressionException e) {
      throw n.error(String.valueOf(e.getMessage()));
    }
  }

  static Expression<Entry> compile(String text) {
    return Expression.compile(text, NAMES);
  }
}
