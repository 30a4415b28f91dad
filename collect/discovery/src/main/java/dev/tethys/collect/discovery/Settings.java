package dev.tethys.collect.discovery;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Settings of one entry of a mechanism's list, with defaults. Values are immutable and compared by
 * content, so that equal entries are equal settings.
 *
 * @param values values by key; keys without a value are absent
 * @param client HTTP client settings
 */
public record Settings(Map<String, Object> values, HttpClientConfig client) {
  public Settings {
    values = Map.copyOf(values);
  }

  /** The value or default of a key that has one. */
  public <T> T get(Key<T> key) {
    return Objects.requireNonNull(find(key), key.name());
  }

  /** The value of a key, or null. */
  @SuppressWarnings("unchecked") // put there by the type of this very key
  public <T> @Nullable T find(Key<T> key) {
    return (T) values.get(key.name());
  }
}
