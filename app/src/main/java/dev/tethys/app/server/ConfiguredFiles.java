package dev.tethys.app.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.prometheus.PrometheusConfig;
import java.io.IOException;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Contents of files that are read with each configuration. A configuration that is applied again,
 * such as after a failed reload, has the contents that it had, even if the files have changed
 * since. Thread-safe.
 *
 * @param <T> contents
 */
final class ConfiguredFiles<T> {
  /** Reads the files. */
  interface Reading<T> {
    T read() throws IOException;
  }

  private final Reading<T> reading;

  @GuardedBy("this")
  private final Map<PrometheusConfig, T> known = new IdentityHashMap<>();

  @GuardedBy("this")
  private @Nullable PrometheusConfig current;

  @GuardedBy("this")
  private @Nullable T first;

  /**
   * @param first contents that were read at the start, for the first configuration; null to read
   *     them with it
   */
  ConfiguredFiles(@Nullable T first, Reading<T> reading) {
    this.first = first;
    this.reading = reading;
  }

  /**
   * Contents for a configuration, which are read at its first call.
   *
   * @throws dev.tethys.config.ConfigException if a file is not valid
   * @throws IOException if a file cannot be read
   */
  synchronized T of(PrometheusConfig c) throws IOException {
    T value = known.get(c);
    if (value == null) {
      T start = first;
      value = start == null ? reading.read() : start;
      first = null;
      known.put(c, value);
    }
    PrometheusConfig before = current;
    known.keySet().removeIf(other -> other != c && other != before);
    return value;
  }

  /** Contents of a configuration that is in force from now on. */
  synchronized T apply(PrometheusConfig c) throws IOException {
    T value = of(c);
    current = c;
    return value;
  }

  /** Replaces the contents of the configuration in force, after a change of a file. */
  synchronized void replace(T value) {
    PrometheusConfig c = current;
    if (c == null) {
      first = value;
    } else {
      known.put(c, value);
    }
  }
}
