package dev.tethys.collect.exporter.snmp;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Replaces {@code $NAME} and <code>${NAME}</code> by variables of the environment. */
final class EnvironmentText implements UnaryOperator<String> {
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)\\}|(\\w+))");

  private final Function<String, @Nullable String> environment;

  EnvironmentText(Function<String, @Nullable String> environment) {
    this.environment = environment;
  }

  @Override
  public String apply(String text) {
    return VARIABLE
        .matcher(text)
        .replaceAll(
            m -> {
              String name = m.group(1) != null ? m.group(1) : m.group(2);
              String v = environment.apply(name);
              if (v == null || v.isEmpty()) {
                throw new IllegalArgumentException(name + " environment variable not found");
              }
              return Matcher.quoteReplacement(v);
            });
  }
}
