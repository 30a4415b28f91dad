package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.MetricSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The clients that CLIENT LIST shows, one per line: {@code id=11 addr=127.0.0.1:63508 … }. */
final class ClientMetrics {
  private static final String[][] NUMBERS = {
    {"omem", "output_buffer_memory_usage_bytes"},
    {"tot-mem", "total_memory_consumed_bytes"},
    {"sub", "channel_subscriptions_count"},
    {"psub", "pattern_matching_subscriptions_count"},
    {"qbuf", "query_buffer_length_bytes"},
    {"qbuf-free", "query_buffer_free_space_bytes"},
    {"obl", "output_buffer_length_bytes"},
    {"oll", "output_list_length"}
  };

  private ClientMetrics() {}

  /**
   * @param ports whether ports are shown
   * @param now Unix seconds
   */
  static void add(MetricSet out, String list, boolean ports, long now) {
    for (String line : list.split("\n")) {
      Map<String, String> c = client(line.trim());
      if (c != null) {
        add(out, c, ports, now);
      }
    }
  }

  private static @Nullable Map<String, String> client(String line) {
    Map<String, String> out = new HashMap<>();
    for (String part : line.split(" ")) {
      String[] f = part.split("=", -1);
      if (f.length != 2) {
        return null;
      }
      out.put(f[0], f[1]);
    }
    return out.containsKey("id") && out.getOrDefault("addr", "").contains(":") ? out : null;
  }

  private static void add(MetricSet out, Map<String, String> c, boolean ports, long now) {
    String address = c.getOrDefault("addr", "");
    int colon = address.lastIndexOf(':');
    List<String> info = new ArrayList<>();
    for (String key : List.of("id", "name", "flags", "db")) {
      info.add(key);
      info.add(c.getOrDefault(key, ""));
    }
    info.addAll(List.of("host", address.substring(0, colon)));
    if (ports) {
      info.addAll(List.of("port", address.substring(colon + 1)));
    }
    for (String key : List.of("user", "resp")) {
      String v = c.getOrDefault(key, "");
      if (!v.isEmpty()) {
        info.addAll(List.of(key, v));
      }
    }
    gauge(out, "info", 1, info.toArray(String[]::new));
    String[] labels = {"id", c.getOrDefault("id", ""), "name", c.getOrDefault("name", "")};
    for (String[] n : NUMBERS) {
      gauge(out, n[1], number(c, n[0]), labels);
    }
    gauge(out, "created_at_timestamp", now - number(c, "age"), labels);
    gauge(out, "idle_since_timestamp", now - number(c, "idle"), labels);
    if (c.containsKey("ssub")) { // since 7.0.3
      gauge(out, "shard_channel_subscriptions_count", number(c, "ssub"), labels);
    }
    if (c.containsKey("watch")) { // since 7.4
      gauge(out, "shard_channel_watched_keys", number(c, "watch"), labels);
    }
  }

  private static void gauge(MetricSet out, String name, double v, String... labels) {
    String full = "connected_client_" + name;
    out.gauge(full, full + " metric", v, labels);
  }

  private static long number(Map<String, String> c, String key) {
    try {
      return Long.parseLong(c.getOrDefault(key, "0"));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
