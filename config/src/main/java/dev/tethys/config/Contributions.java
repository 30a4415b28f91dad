package dev.tethys.config;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Names in configurations that only modules of {@code contrib} provide. The core has none of those
 * modules: it refuses such a name with the module that has it.
 */
public final class Contributions {
  /** Kind of the entries of {@code stores}. */
  public static final String STORE = "store";

  /** Kind of the {@code *_sd_configs} keys. */
  public static final String DISCOVERY = "discovery";

  /** Kind of the exporters of metrics, {@code tethys exporter NAME}. */
  public static final String METRICS_EXPORTER = "metrics exporter";

  private static final Map<String, Map<String, String>> MODULES = new TreeMap<>();

  static {
    add("receiver", "awss3", "carbon", "collectd", "datadog", "statsd");
    add("receiver", Map.of("fluent_forward", "fluent", "fluentforward", "fluent"));
    add("processor", "schema");
    add(
        "exporter",
        "awss3",
        "carbon",
        "clickhouse",
        "datadog",
        "kdb",
        "opentsdb",
        "parquet",
        "postgresql",
        "statsd",
        "tdengine");
    add(
        "exporter",
        Map.of(
            "mqtt",
            "messaging",
            "nats",
            "messaging",
            "splunk_hec",
            "splunk",
            "timescaledb",
            "postgresql"));
    add(STORE, "clickhouse", "kdb", "opentsdb", "postgresql", "tdengine");
    for (String name :
        """
        aws azure digitalocean ec2 ecs elasticache eureka gce hetzner ionos kuma lightsail linode \
        marathon msk nerve nomad oci openstack outscale ovhcloud puppetdb rds scaleway serverset \
        stackit triton uyuni vultr"""
            .split(" ")) {
      add(DISCOVERY, Map.of(name, "discovery"));
    }
    add(METRICS_EXPORTER, "blackbox", "jmx", "process", "snmp");
    add(METRICS_EXPORTER, Map.of("haproxy", "process"));
    for (String name : new String[] {"memcached", "mongodb", "mysqld", "postgres", "redis"}) {
      add(METRICS_EXPORTER, Map.of(name, "databases"));
    }
  }

  private Contributions() {}

  private static void add(String kind, String... names) {
    for (String name : names) {
      add(kind, Map.of(name, name));
    }
  }

  private static void add(String kind, Map<String, String> modules) {
    MODULES.computeIfAbsent(kind, _ -> new TreeMap<>()).putAll(modules);
  }

  /** Names of a kind, sorted. */
  public static Set<String> names(String kind) {
    return new TreeSet<>(MODULES.getOrDefault(kind, Map.of()).keySet());
  }

  /** Module of {@code contrib} with this name; null when none has it. */
  public static @Nullable String module(String kind, String name) {
    return MODULES.getOrDefault(kind, Map.of()).get(name);
  }

  /** Error for a name that the core lacks; null when {@code contrib} lacks it as well. */
  public static @Nullable String refusal(String kind, String name) {
    String module = module(kind, name);
    return module == null
        ? null
        : kind
            + " \""
            + name
            + "\" belongs to contrib/"
            + module
            + "; this build is the core. Build Tethys without --core to use it.";
  }
}
