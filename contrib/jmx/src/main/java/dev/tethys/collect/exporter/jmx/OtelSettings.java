package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.ConfigException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings outside the file, in order of precedence: the OpenTelemetry exporter library ({@code
 * IO_PROMETHEUS_…}, then {@code io.prometheus.…}), then OpenTelemetry's SDK ({@code otel.…}, then
 * {@code OTEL_…}). Each is a Java property or an environment variable.
 */
record OtelSettings(
    Function<String, @Nullable String> environment, Function<String, @Nullable String> properties) {
  private static final String OWN = "io.prometheus.exporter.opentelemetry.";
  private static final String METRICS = "otel.exporter.otlp.metrics.";
  private static final String ALL_SIGNALS = "otel.exporter.otlp.";
  private static final Pattern TIME = Pattern.compile("(\\d{1,15})\\s*(ms|s|m|h|d)?");
  private static final Pattern WORD = Pattern.compile("_([a-z])");

  /**
   * Setting with a value.
   *
   * @param name full name of the property or variable
   */
  record Setting(String name, String value) {
    ConfigException wrong(String what) {
      return new ConfigException("the " + name, what);
    }

    Duration time() {
      Matcher m = TIME.matcher(value);
      if (!m.matches()) {
        throw wrong(
            "\"" + value + "\" is not a valid time: milliseconds, or with ms, s, m, h or d");
      }
      long n = Long.parseLong(m.group(1));
      Duration d =
          switch (m.group(2)) {
            case "s" -> Duration.ofSeconds(n);
            case "m" -> Duration.ofMinutes(n);
            case "h" -> Duration.ofHours(n);
            case "d" -> Duration.ofDays(n);
            case null, default -> Duration.ofMillis(n);
          };
      if (d.isZero() || d.compareTo(Duration.ofDays(365)) > 0) {
        throw wrong("\"" + value + "\" must be positive, and at most a year");
      }
      return d;
    }

    boolean isTrue() {
      if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
        throw wrong("\"" + value + "\": allowed: true, false");
      }
      return value.equalsIgnoreCase("true");
    }

    /** Parses {@code key=value,key=value}, with values escaped as in URLs. */
    Map<String, String> pairs() {
      Map<String, String> out = new TreeMap<>();
      for (String pair : value.split(",", -1)) {
        int eq = pair.indexOf('=');
        if (pair.isBlank()) {
          continue;
        }
        if (eq < 1) {
          throw wrong("is not key=value,key=value");
        }
        try {
          // A plus is one here, unlike in forms.
          String v = pair.substring(eq + 1).strip().replace("+", "%2B");
          out.put(pair.substring(0, eq).strip(), URLDecoder.decode(v, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
          throw wrong("has a value with a broken escape for " + pair.substring(0, eq));
        }
      }
      return out;
    }
  }

  private @Nullable Setting variable(String dotted) {
    String name = dotted.toUpperCase(Locale.ROOT).replace('.', '_');
    return set("variable " + name, environment.apply(name));
  }

  private @Nullable Setting property(String name) {
    return set("property " + name, properties.apply(name));
  }

  private static @Nullable Setting set(String name, @Nullable String value) {
    return value == null || value.isBlank() ? null : new Setting(name, value.strip());
  }

  /** Returns a setting of the library, such as {@code service_name}. */
  @Nullable Setting own(String name) {
    Setting s = variable(OWN + name);
    if (s == null) {
      s = property(OWN + name);
    }
    return s != null
        ? s
        : property(OWN + WORD.matcher(name).replaceAll(m -> m.group(1).toUpperCase(Locale.ROOT)));
  }

  /** Returns a setting of the library in seconds. */
  @Nullable Setting ownSeconds(String name) {
    Setting s = own(name);
    return s == null ? null : new Setting(s.name, s.value + "s");
  }

  /** Returns a setting of the SDK by its property name. */
  @Nullable Setting sdk(String name) {
    Setting s = property(name);
    return s != null ? s : variable(name);
  }

  /** Returns an SDK setting for the destination of requests: of metrics, or of all signals. */
  @Nullable Setting otlp(String ending) {
    Setting s = sdk(METRICS + ending);
    return s != null ? s : sdk(ALL_SIGNALS + ending);
  }

  /** Returns the common setting, unless the library's own is set. */
  @Nullable Setting otlp(@Nullable Setting own, String ending) {
    return own != null ? own : otlp(ending);
  }
}
