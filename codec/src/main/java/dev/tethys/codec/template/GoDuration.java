package dev.tethys.codec.template;

import static dev.tethys.codec.template.TemplateFunction.Parameter;

import dev.tethys.model.GoDurationText;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Go's time.Duration. */
public record GoDuration(long nanos) implements GoInteger {
  static final Parameter PARAMETER =
      new Parameter("time.Duration", v -> v instanceof GoDuration || v instanceof Long, false);

  static long nanos(@Nullable Object v) {
    return v instanceof GoDuration d ? d.nanos : v instanceof Long n ? n : 0;
  }

  @Override
  public String typeName() {
    return "time.Duration";
  }

  @Override
  public long number() {
    return nanos;
  }

  private TemplateFunction function(LongFunction<Object> f) {
    return TemplateFunction.of(a -> f.apply(nanos));
  }

  @Override
  public @Nullable TemplateFunction method(String name) {
    return switch (name) {
      case "String" -> function(n -> text());
      case "Seconds" -> function(n -> n / 1_000_000_000L + n % 1_000_000_000L / 1e9);
      case "Minutes" -> function(n -> n / 60_000_000_000L + n % 60_000_000_000L / 60e9);
      case "Hours" -> function(n -> n / 3_600_000_000_000L + n % 3_600_000_000_000L / 3600e9);
      case "Milliseconds" -> function(n -> n / 1_000_000);
      case "Microseconds" -> function(n -> n / 1000);
      case "Nanoseconds" -> function(n -> n);
      case "Abs" ->
          function(n -> new GoDuration(n == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(n)));
      case "Truncate" -> TemplateFunction.of(a -> truncated(nanos(a[0])), PARAMETER);
      case "Round" -> TemplateFunction.of(a -> rounded(nanos(a[0])), PARAMETER);
      default -> null;
    };
  }

  private GoDuration truncated(long unit) {
    return unit <= 0 ? this : new GoDuration(nanos - nanos % unit);
  }

  private GoDuration rounded(long unit) {
    if (unit <= 0) {
      return this;
    }
    long rest = Math.abs(nanos % unit);
    long down = nanos - nanos % unit;
    if (rest < unit - rest) {
      return new GoDuration(down);
    }
    long away = nanos < 0 ? down - unit : down + unit;
    boolean overflows = nanos < 0 ? away > down : away < down;
    return new GoDuration(overflows ? nanos < 0 ? Long.MIN_VALUE : Long.MAX_VALUE : away);
  }

  /** Formats like 1h30m0.5s, or 1.5ms below a second. */
  @Override
  public String text() {
    return GoDurationText.of(nanos);
  }
}
