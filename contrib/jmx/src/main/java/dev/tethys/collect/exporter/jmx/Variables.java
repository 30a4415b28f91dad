package dev.tethys.collect.exporter.jmx;

import dev.tethys.config.Key;
import dev.tethys.config.YamlObject;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Values that consist of a single environment variable: <code>${NAME}</code>. */
final class Variables {
  private Variables() {}

  /**
   * Returns the value of a key, with environment variables expanded.
   *
   * @throws dev.tethys.config.ConfigException if it is a variable that is not set
   */
  static String resolve(
      YamlObject o, Key<String> key, Function<String, @Nullable String> environment) {
    try {
      return resolve(o.get(key), environment);
    } catch (IllegalArgumentException e) {
      throw o.error(key, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Variant for a text.
   *
   * @throws IllegalArgumentException if it is a variable that is not set
   */
  static String resolve(String text, Function<String, @Nullable String> environment) {
    String t = text.strip();
    if (!t.startsWith("${") || !t.endsWith("}") || t.equals("${}")) {
      return text;
    }
    String name = t.substring(2, t.length() - 1).strip();
    String value = name.isEmpty() ? null : environment.apply(name);
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException("the variable " + t + " is not set in the environment");
    }
    return value.strip();
  }
}
