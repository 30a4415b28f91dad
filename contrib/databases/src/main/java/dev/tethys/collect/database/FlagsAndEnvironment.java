package dev.tethys.collect.database;

import dev.tethys.collect.exporter.ExporterSettings;
import dev.tethys.config.GoDurations;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Flags, with environment variables as fallback for unset flags. */
public final class FlagsAndEnvironment {
  private final ExporterSettings flags;
  private final Function<String, @Nullable String> environment;
  private final UnaryOperator<String> variable;

  /**
   * @param variable returns the environment variable of a flag
   */
  public FlagsAndEnvironment(
      ExporterSettings flags,
      Function<String, @Nullable String> environment,
      UnaryOperator<String> variable) {
    this.flags = flags;
    this.environment = environment;
    this.variable = variable;
  }

  private @Nullable String fromEnvironment(String flag) {
    String v = flags.isGiven(flag) ? null : environment.apply(variable.apply(flag));
    return v == null || v.isEmpty() ? null : v;
  }

  /** Returns the value of a string flag. */
  public String text(String flag) {
    String v = fromEnvironment(flag);
    return v == null ? flags.get(flag) : v;
  }

  /** Whether anything is enabled. */
  public boolean on(String flag) {
    String v = fromEnvironment(flag);
    if (v == null) {
      return flags.bool(flag);
    }
    return switch (v.toLowerCase(Locale.ROOT)) {
      case "1", "t", "true" -> true;
      case "0", "f", "false" -> false;
      default -> throw wrong(flag, v, "true or false");
    };
  }

  /** Returns the value of a numeric flag. */
  public long number(String flag) {
    String v = fromEnvironment(flag);
    if (v == null) {
      return flags.integer(flag);
    }
    try {
      return Long.parseLong(v);
    } catch (NumberFormatException e) {
      throw wrong(flag, v, "a number");
    }
  }

  /** Returns the value of a duration flag. */
  public Duration duration(String flag) {
    String v = fromEnvironment(flag);
    if (v == null) {
      return Duration.ofMillis(flags.millis(flag));
    }
    try {
      return GoDurations.parse(v);
    } catch (IllegalArgumentException e) {
      throw wrong(flag, v, "a time such as 15s");
    }
  }

  private IllegalArgumentException wrong(String flag, String value, String wants) {
    return new IllegalArgumentException(
        "the variable " + variable.apply(flag) + " is \"" + value + "\"; it must be " + wants);
  }
}
