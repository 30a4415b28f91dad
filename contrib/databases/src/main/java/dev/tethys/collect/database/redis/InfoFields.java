package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** Fields of INFO that become a metric each: the table {@code info-fields.txt}. */
final class InfoFields {
  private static final String THREAD = "used_active_time_io_thread_";
  private static final Map<String, String> GAUGES = new HashMap<>();
  private static final Map<String, String> COUNTERS = new HashMap<>();

  static {
    try (InputStream in = InfoFields.class.getResourceAsStream("info-fields.txt");
        BufferedReader r =
            new BufferedReader(
                new InputStreamReader(Objects.requireNonNull(in), StandardCharsets.UTF_8))) {
      r.lines()
          .filter(l -> !l.startsWith("#"))
          .map(l -> l.split(" "))
          .forEach(f -> (f[0].equals("c") ? COUNTERS : GAUGES).put(f[1], f[f.length < 3 ? 1 : 2]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private InfoFields() {}

  /**
   * Adds the metric of a field, if it has one and its value is a number or a word that means one.
   *
   * @param system whether fields about the machine are shown
   */
  static void add(MetricSet out, String field, String value, boolean system) {
    if (field.startsWith(THREAD) && field.substring(THREAD.length()).matches("\\d+")) {
      Double v = GoNumbers.parse(value);
      if (v != null) {
        String name = "active_time_io_thread_seconds_total";
        out.counter(name, name + " metric", v, "thread", field.substring(THREAD.length()));
      }
      return;
    }
    String gauge = GAUGES.get(field);
    String counter = COUNTERS.get(field);
    if (gauge == null && counter == null) {
      if (system && field.equals("total_system_memory")) {
        gauge = "total_system_memory_bytes";
      } else if (field.startsWith("db")
          || field.startsWith("cmdstat_")
          || field.startsWith("cluster_")) {
        gauge = field.replaceAll("[^a-zA-Z0-9_]", "_");
      } else {
        return;
      }
    }
    Double v =
        switch (value) {
          case "ok", "true" -> 1.0;
          case "err", "fail", "false" -> 0.0;
          default -> GoNumbers.parse(value);
        };
    if (v == null) {
      return;
    }
    String name = gauge != null ? gauge : Objects.requireNonNull(counter);
    if (name.equals("latest_fork_usec")) {
      name = "latest_fork_seconds";
      v /= 1e6;
    }
    if (counter != null) {
      out.counter(name, name + " metric", v);
    } else {
      out.gauge(name, name + " metric", v);
    }
  }
}
