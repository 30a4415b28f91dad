package dev.tethys.collect.exporter;

import dev.tethys.config.Durations;
import dev.tethys.config.YamlNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Flags of a test; the others have their defaults. */
public record FlagSettings(ExporterKind kind, Map<String, String> given)
    implements ExporterSettings {
  @Override
  public boolean isGiven(String flag) {
    return given.containsKey(flag);
  }

  @Override
  public String get(String flag) {
    return given.getOrDefault(
        flag,
        kind.flags().stream()
            .filter(f -> f.name().equals(flag))
            .map(ExporterFlag::defaultValue)
            .findFirst()
            .orElseThrow());
  }

  @Override
  public List<String> list(String flag) {
    return List.of(get(flag));
  }

  @Override
  public boolean bool(String flag) {
    return Boolean.parseBoolean(get(flag));
  }

  @Override
  public long integer(String flag) {
    return Long.parseLong(get(flag));
  }

  @Override
  public double number(String flag) {
    return Double.parseDouble(get(flag));
  }

  @Override
  public long millis(String flag) {
    return Durations.parse(get(flag)).toMillis();
  }

  @Override
  public @Nullable YamlNode inlineConfig() {
    return null;
  }
}
