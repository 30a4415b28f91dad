package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The metrics of a response to INFO (https://redis.io/docs/latest/commands/info/). */
final class InfoMetrics {
  private static final Pattern MASTER_HOST = Pattern.compile("^master(_[0-9]+)?_host");
  private static final Pattern MASTER_PORT = Pattern.compile("^master(_[0-9]+)?_port");
  private static final Pattern MASTER_LINK = Pattern.compile("^master(_[0-9]+)?_link_status");
  private static final Pattern FROM_MASTER =
      Pattern.compile(
          "^(master(_[0-9]+)?_(last_io_seconds_ago|sync_in_progress)|slave_repl_offset)");
  private static final Pattern REPLICA = Pattern.compile("^slave\\d+");
  private static final Pattern SENTINEL_MASTER = Pattern.compile("^master\\d+");
  private static final Set<String> SENTINEL_NUMBERS =
      Set.of(
          "sentinel_masters",
          "sentinel_tilt",
          "sentinel_running_scripts",
          "sentinel_scripts_queue_length",
          "sentinel_simulate_failure_flags");

  private final MetricSet out;
  private final RedisOptions.PageContent shown;
  private final long now;
  private final Map<String, String> fields = new HashMap<>();
  private final Map<String, double[]> calls = new HashMap<>(); // calls and microseconds
  private final Map<String, TreeMap<Double, Double>> latencies = new LinkedHashMap<>();
  private final Set<String> databases = new HashSet<>();
  private String masterHost = "";
  private String masterPort = "";

  /**
   * @param now Unix seconds
   */
  InfoMetrics(MetricSet out, RedisOptions.PageContent shown, long now) {
    this.out = out;
    this.shown = shown;
    this.now = now;
  }

  /** Returns the role named in a response; {@code ""} if none. */
  static String role(String info) {
    for (String line : info.split("\n")) {
      if (line.startsWith("role:")) {
        return line.substring(5).trim();
      }
    }
    return "";
  }

  /**
   * Adds all of it.
   *
   * @param databaseCount number of databases
   * @return the server's role
   */
  String add(String info, int databaseCount) {
    String section = "";
    for (String raw : info.split("\n")) {
      String line = raw.trim();
      if (line.startsWith("# ")) {
        section = line.substring(2);
        continue;
      }
      int colon = line.indexOf(':');
      if (line.length() < 2 || colon < 0) {
        continue;
      }
      field(section, line.substring(0, colon), line.substring(colon + 1));
    }
    latencies.forEach(
        (command, quantiles) -> {
          double[] c = calls.get(command);
          if (c != null) {
            out.add(
                "latency_percentiles_usec",
                MetricType.SUMMARY,
                "Percentiles of the latency of each command.",
                new MetricFamily.Quantiles(
                    c[0], c[1], array(quantiles.keySet()), array(quantiles.values())),
                "cmd",
                command);
          }
        });
    for (int i = 0; shown.emptyDatabases() && i < databaseCount; i++) {
      if (!databases.contains("db" + i)) {
        keys("db" + i, 0, 0);
      }
    }
    return about();
  }

  private static double[] array(java.util.Collection<Double> c) {
    return c.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private void field(String section, String key, String value) {
    fields.put(key, value);
    if (MASTER_HOST.matcher(key).find()) {
      masterHost = value;
    }
    if (MASTER_PORT.matcher(key).find()) {
      masterPort = value;
    }
    switch (section) {
      case "Replication" -> {
        if (replication(key, value)) {
          return;
        }
      }
      case "Server" -> server(key, value);
      case "Commandstats" -> {
        commandStats(key, value);
        return;
      }
      case "Latencystats" -> {
        latencyStats(key, value);
        return;
      }
      case "Errorstats" -> {
        Double count = part(value, 0);
        if (key.startsWith("errorstat_") && count != null) {
          out.counter("errors_total", "Errors by type.", count, "err", key.substring(10));
        }
        return;
      }
      case "Keyspace" -> {
        if (keyspace(key, value)) {
          return;
        }
      }
      case "Sentinel" -> sentinel(key, value);
      default -> {}
    }
    InfoFields.add(out, key, value, shown.system());
  }

  /** Returns the value of the n-th {@code key=value} in a comma-separated list. */
  private static @Nullable Double part(String list, int n) {
    String[] parts = list.split(",");
    if (n >= parts.length) {
      return null;
    }
    String[] kv = parts[n].split("=", -1);
    return kv.length == 2 ? GoNumbers.parse(kv[1]) : null;
  }

  private boolean replication(String key, String value) {
    String[] master = {"master_host", masterHost, "master_port", masterPort};
    if (MASTER_LINK.matcher(key).find()) {
      out.gauge(
          "master_link_up",
          "Status of a replica's link to its master: 1 if up.",
          value.equals("up") ? 1 : 0,
          master);
      return true;
    }
    if (FROM_MASTER.matcher(key).find()) {
      String name =
          key.endsWith("last_io_seconds_ago")
              ? "master_last_io_seconds_ago"
              : key.endsWith("sync_in_progress") ? "master_sync_in_progress" : key;
      Double v = GoNumbers.parse(value);
      out.gauge(
          name,
          switch (name) {
            case "master_last_io_seconds_ago" ->
                "Seconds since the last interaction with the master.";
            case "master_sync_in_progress" -> "Synchronization of a replica: 1 while in progress.";
            default -> "Offset of a replica.";
          },
          v == null ? 0 : v,
          master);
      return true;
    }
    return REPLICA.matcher(key).find() && replica(value);
  }

  private boolean replica(String value) {
    Map<String, String> kv = new HashMap<>();
    for (String part : value.split(",")) {
      String[] f = part.split("=", -1);
      if (f.length != 2) {
        return false;
      }
      kv.put(f[0], f[1]);
    }
    Double offset = GoNumbers.parse(kv.get("offset"));
    String lagText = kv.get("lag");
    Double lag = lagText == null ? Double.valueOf(-1) : GoNumbers.parse(lagText);
    if (offset == null || lag == null) {
      return false;
    }
    String[] labels = {
      "slave_ip", kv.getOrDefault("ip", ""),
      "slave_port", kv.getOrDefault("port", ""),
      "slave_state", kv.getOrDefault("state", "")
    };
    out.gauge("connected_slave_offset_bytes", "Offset of a connected replica.", offset, labels);
    if (lag > -1) {
      out.gauge("connected_slave_lag_seconds", "Lag of a connected replica.", lag, labels);
    }
    return true;
  }

  private void server(String key, String value) {
    Double v = GoNumbers.parse(value);
    if (v == null) {
      return;
    }
    switch (key) {
      case "uptime_in_seconds" ->
          out.gauge("start_time_seconds", "Start time of the server, Unix seconds.", now - v);
      case "configured_hz", "hz" -> out.gauge(key, key + " metric", v);
      default -> {}
    }
  }

  private void commandStats(String key, String value) {
    Double count = part(value, 0);
    Double micros = part(value, 1);
    if (!key.startsWith("cmdstat_")
        || value.split(",").length < 3
        || count == null
        || micros == null) {
      return;
    }
    String command = key.substring(8);
    calls.put(command, new double[] {count, micros});
    out.counter("commands_total", "Calls by command.", count, "cmd", command);
    out.counter(
        "commands_duration_seconds_total", "Time spent by command.", micros / 1e6, "cmd", command);
    Double rejected = part(value, 3);
    Double failed = part(value, 4);
    if (rejected != null && failed != null) { // since 6.2
      out.counter(
          "commands_rejected_calls_total",
          "Calls rejected before execution.",
          rejected,
          "cmd",
          command);
      out.counter("commands_failed_calls_total", "Calls that failed.", failed, "cmd", command);
    }
  }

  /** Parses {@code p50=1.003,p99=3.007}. */
  private void latencyStats(String key, String value) {
    String prefix = "latency_percentiles_usec_";
    if (!key.startsWith(prefix)) {
      return;
    }
    TreeMap<Double, Double> quantiles = new TreeMap<>();
    for (String part : value.split(",")) {
      String[] kv = part.split("=", -1);
      Double q = kv.length == 2 && !kv[0].isEmpty() ? GoNumbers.parse(kv[0].substring(1)) : null;
      Double v = kv.length == 2 ? GoNumbers.parse(kv[1]) : null;
      if (q == null || v == null) {
        return;
      }
      quantiles.put(q, v);
    }
    latencies.put(key.substring(prefix.length()), quantiles);
  }

  /** Parses {@code db0:keys=1,expires=0,avg_ttl=0,cached_keys=0}. */
  private boolean keyspace(String db, String value) {
    int parts = value.split(",").length;
    Double all = part(value, 0);
    Double expiring = part(value, 1);
    Double ttl = part(value, 2);
    Double cached = part(value, 3);
    if (!db.startsWith("db")
        || all == null
        || expiring == null
        || (parts > 2 && ttl == null)
        || (parts > 3 && cached == null)) {
      return false;
    }
    databases.add(db);
    keys(db, all, expiring);
    if (cached != null && cached > -1) {
      out.gauge("db_keys_cached", "Cached keys by database.", cached, "db", db);
    }
    if (ttl != null && ttl > -1) {
      out.gauge("db_avg_ttl_seconds", "Average time to live.", ttl / 1000, "db", db);
    }
    return true;
  }

  private void keys(String db, double all, double expiring) {
    out.gauge("db_keys", "Keys by database.", all, "db", db);
    out.gauge("db_keys_expiring", "Keys with an expiry, by database.", expiring, "db", db);
  }

  private void sentinel(String key, String value) {
    if (SENTINEL_NUMBERS.contains(key)) {
      Double v = GoNumbers.parse(value);
      out.gauge(key, "Value from the section Sentinel of INFO.", v == null ? 0 : v);
      return;
    }
    if (!SENTINEL_MASTER.matcher(key).find()) {
      return;
    }
    Map<String, String> kv = new HashMap<>();
    for (String part : value.split(",")) {
      String[] f = part.split("=", -1);
      if (f.length == 2) {
        kv.put(f[0], f[1]);
      }
    }
    Double replicas = GoNumbers.parse(kv.get("slaves"));
    Double sentinels = GoNumbers.parse(kv.get("sentinels"));
    if (replicas == null || sentinels == null) {
      return;
    }
    String status = kv.getOrDefault("status", "");
    String[] labels = {
      "master_name", kv.getOrDefault("name", ""), "master_address", kv.getOrDefault("address", "")
    };
    String[] withStatus = Arrays.copyOf(labels, 6);
    withStatus[4] = "master_status";
    withStatus[5] = status;
    out.gauge(
        "sentinel_master_status",
        "Status of the master from the view of the sentinel: 1 if ok.",
        status.equals("ok") ? 1 : 0,
        withStatus);
    out.gauge("sentinel_master_slaves", "Replicas of the master.", replicas, labels);
    out.gauge("sentinel_master_sentinels", "Sentinels of the master.", sentinels, labels);
  }

  private String about() {
    String role = fields.getOrDefault("role", "");
    List<String> labels = new ArrayList<>(List.of("role", role));
    for (String f :
        List.of(
            "redis_version",
            "redis_build_id",
            "redis_mode",
            "os",
            "maxmemory_policy",
            "tcp_port",
            "run_id",
            "process_id",
            "master_replid")) {
      labels.add(f);
      labels.add(fields.getOrDefault(f, ""));
    }
    for (String f : List.of("valkey_version", "valkey_release_stage")) {
      String v = fields.get(f);
      if (v != null) {
        labels.add(f);
        labels.add(v);
      }
    }
    out.gauge("instance_info", "instance_info metric", 1, labels.toArray(String[]::new));
    if (role.equals("slave")) {
      out.gauge(
          "slave_info",
          "Information about a replica.",
          1,
          "master_host",
          fields.getOrDefault("master_host", ""),
          "master_port",
          fields.getOrDefault("master_port", ""),
          "read_only",
          fields.getOrDefault("slave_read_only", ""));
    }
    return role;
  }
}
