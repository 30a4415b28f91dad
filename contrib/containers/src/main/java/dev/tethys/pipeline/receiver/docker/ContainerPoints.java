package dev.tethys.pipeline.receiver.docker;

import static dev.tethys.pipeline.receiver.docker.DockerMetrics.BLOCK;
import static dev.tethys.pipeline.receiver.docker.DockerMetrics.MEMORY;
import static dev.tethys.pipeline.receiver.docker.DockerMetrics.NETWORK;

import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.pipeline.receiver.scraping.PointEmitter;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Creates points from a daemon's data about a container. Missing values yield no point: control
 * groups v1 and v2 have different metrics. Not thread-safe.
 */
final class ContainerPoints {
  private static final List<String> STATUSES =
      List.of("created", "running", "paused", "restarting", "removing", "exited", "dead");

  /** Default CPU period, of which a container gets a share. */
  private static final double USUAL_PERIOD = 100_000;

  private final DockerConfig config;
  private final PointEmitter out;
  private final long begun;

  /**
   * @param begun start time of points
   */
  ContainerPoints(DockerConfig config, PointEmitter out, long begun) {
    this.config = config;
    this.out = out;
    this.begun = begun;
  }

  /**
   * Adds the points of a container.
   *
   * @param about response of {@code /containers/ID/json}
   * @param stats response of {@code /containers/ID/stats}
   */
  void add(JsonNode about, JsonNode stats, long nanos, MetricsData to) {
    try {
      out.at(begun, nanos);
      cpu(stats.path("cpu_stats"), stats.path("precpu_stats"));
      memory(stats.path("memory_stats"));
      block(stats.path("blkio_stats"));
      network(stats.path("networks"));
      pids(stats.path("pids_stats"));
      about(about, nanos);
      out.emit(resource(about), to);
    } finally {
      out.clear();
    }
  }

  private @Nullable Resource resource(JsonNode about) {
    JsonNode made = about.path("Config");
    Map<String, Object> all = new LinkedHashMap<>();
    put(all, "container.runtime", "docker");
    put(all, "container.hostname", made.path("Hostname").asString(""));
    put(all, "container.id", about.path("Id").asString(""));
    put(all, "container.image.name", made.path("Image").asString(""));
    put(all, "container.name", about.path("Name").asString("").replaceFirst("^/", ""));
    put(all, "container.image.id", about.path("Image").asString(""));
    put(all, "container.command_line", words(made.path("Cmd")));
    for (JsonNode e : made.path("Env")) {
      String[] pair = e.asString("").split("=", 2);
      String name = config.variables().get(pair[0]);
      if (name != null && pair.length == 2 && !pair[1].isBlank()) {
        all.put(name, pair[1]);
      }
    }
    config
        .labels()
        .forEach(
            (label, name) -> {
              String v = made.path("Labels").path(label).asString("");
              if (!v.isEmpty()) {
                all.put(name, v);
              }
            });
    return config.resources().resource(all);
  }

  private void put(Map<String, Object> to, String attribute, String value) {
    config.resources().put(to, attribute, value);
  }

  private static String words(JsonNode list) {
    StringBuilder b = new StringBuilder();
    list.forEach(w -> b.append(b.isEmpty() ? "" : " ").append(w.asString("")));
    return b.toString();
  }

  private void cpu(JsonNode now, JsonNode before) {
    JsonNode used = now.path("cpu_usage");
    String cpu = "container.cpu.";
    whole(cpu + "usage.system", now.path("system_cpu_usage"));
    whole(cpu + "usage.total", used.path("total_usage"));
    whole(cpu + "usage.kernelmode", used.path("usage_in_kernelmode"));
    whole(cpu + "usage.usermode", used.path("usage_in_usermode"));
    int core = 0;
    for (JsonNode n : used.path("percpu_usage")) {
      whole(cpu + "usage.percpu", n, "cpu" + core++);
    }
    JsonNode throttling = now.path("throttling_data");
    whole(cpu + "throttling_data.periods", throttling.path("periods"));
    whole(cpu + "throttling_data.throttled_periods", throttling.path("throttled_periods"));
    whole(cpu + "throttling_data.throttled_time", throttling.path("throttled_time"));
    whole(cpu + "logical.count", now.path("online_cpus"));
    if (used.path("total_usage").isNumber()) {
      out.recorder(cpu + "utilization").measure(percent(now, before, core));
    }
  }

  /** Computes the CPU usage in percent between two of the daemon's measurements. */
  private static double percent(JsonNode now, JsonNode before, int cores) {
    double used = difference(now.path("cpu_usage"), before.path("cpu_usage"), "total_usage");
    double passed = difference(now, before, "system_cpu_usage");
    double online = now.path("online_cpus").asDouble(0);
    double cpus = online > 0 ? online : cores;
    return used > 0 && passed > 0 ? used / passed * cpus * 100 : 0;
  }

  private static double difference(JsonNode now, JsonNode before, String key) {
    return now.path(key).asDouble(0) - before.path(key).asDouble(0);
  }

  private void memory(JsonNode m) {
    for (String key : DockerMetrics.MEMORY_KEYS) {
      whole(MEMORY + key, m.path("stats").path(key));
    }
    whole(MEMORY + "usage.max", m.path("max_usage"));
    whole(MEMORY + "fails", m.path("failcnt"));
    whole(MEMORY + "usage.limit", m.path("limit"));
    if (m.path("usage").isIntegralNumber()) {
      long used = withoutCache(m);
      out.recorder(MEMORY + "usage.total").count(used);
      double limit = m.path("limit").asDouble(0);
      out.recorder(MEMORY + "percent").measure(limit > 0 ? used / limit * 100 : 0);
    }
  }

  /**
   * Returns memory usage without the reclaimable memory that cgroups v1 calls {@code
   * total_inactive_file}.
   */
  private static long withoutCache(JsonNode m) {
    long used = bits(m.path("usage"));
    JsonNode stats = m.path("stats");
    for (String cache : List.of("total_inactive_file", "inactive_file")) {
      JsonNode n = stats.path(cache);
      if (n.isIntegralNumber() && bits(n) < used) {
        return used - bits(n);
      }
    }
    return used;
  }

  private void block(JsonNode devices) {
    DockerMetrics.BLOCK_KEYS.forEach(
        (key, metric) -> {
          for (JsonNode e : devices.path(key)) {
            whole(
                BLOCK + metric,
                e.path("value"),
                e.path("major").asString(""),
                e.path("minor").asString(""),
                e.path("op").asString("").toLowerCase(Locale.ROOT));
          }
        });
  }

  private void network(JsonNode interfaces) {
    for (Map.Entry<String, JsonNode> i : interfaces.properties()) {
      for (String d : List.of("rx", "tx")) {
        for (String what : List.of("_bytes", "_dropped", "_errors", "_packets")) {
          whole(NETWORK + d + what, i.getValue().path(d + what), i.getKey());
        }
      }
    }
  }

  private void pids(JsonNode p) {
    if (p.path("current").asLong(0) > 0) {
      whole("container.pids.count", p.path("current"));
      if (bits(p.path("limit")) != 0) {
        whole("container.pids.limit", p.path("limit"));
      }
    }
  }

  private void about(JsonNode about, long nanos) {
    whole("container.restarts", about.path("RestartCount"));
    JsonNode host = about.path("HostConfig");
    whole("container.cpu.shares", host.path("CpuShares"));
    double limit = cpuLimit(host);
    if (limit > 0) {
      out.recorder("container.cpu.limit").measure(limit);
    }
    JsonNode state = about.path("State");
    String status = state.path("Status").asString("");
    if (STATUSES.contains(status)) {
      for (String s : STATUSES) {
        out.recorder("container.status").count(s.equals(status) ? 1 : 0, s);
      }
    }
    try {
      Instant started = Instant.parse(state.path("StartedAt").asString(""));
      double up = nanos / 1e9 - started.getEpochSecond() - started.getNano() / 1e9;
      if (up > 0) {
        out.recorder("container.uptime").measure(up);
      }
    } catch (DateTimeParseException e) {
      // it was never started
    }
  }

  /**
   * Returns the CPU limit of a container: a number, the size of a CPU set, or a share of each
   * period.
   */
  private static double cpuLimit(JsonNode host) {
    double nanos = host.path("NanoCpus").asDouble(0);
    if (nanos > 0) {
      return nanos / 1e9;
    }
    String set = host.path("CpusetCpus").asString("");
    if (!set.isEmpty()) {
      return cpus(set);
    }
    double period = host.path("CpuPeriod").asDouble(0);
    return host.path("CpuQuota").asDouble(0) / (period > 0 ? period : USUAL_PERIOD);
  }

  /** Returns the number of CPUs in a set such as {@code 0-2,4}; 0 if invalid. */
  private static double cpus(String set) {
    double n = 0;
    try {
      for (String part : set.split(",", -1)) {
        String[] ends = part.strip().split("-", 2);
        int first = Integer.parseInt(ends[0]);
        n += (ends.length == 2 ? Integer.parseInt(ends[1]) : first) - (double) first + 1;
      }
    } catch (NumberFormatException e) {
      return 0;
    }
    return n;
  }

  private void whole(String metric, JsonNode value, Object... attributes) {
    if (value.isIntegralNumber()) {
      out.recorder(metric).count(bits(value), attributes);
    }
  }

  /** Returns the lower 64 bits, as the daemon's own client does. */
  private static long bits(JsonNode n) {
    return n.isIntegralNumber() ? n.bigIntegerValue().longValue() : 0;
  }
}
