package dev.tethys.config;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Names in configurations that only modules of {@code contrib} provide. The core has none of those
 * modules: it rejects such a name, naming the module that has it.
 */
public final class Contributions {
  /** Kind of the entries of {@code stores}. */
  public static final String STORE = "store";

  /** Kind of the {@code *_sd_configs} keys. */
  public static final String DISCOVERY = "discovery";

  /** Kind of the exporters of metrics, {@code tethys exporter NAME}. */
  public static final String METRICS_EXPORTER = "metrics exporter";

  /** Kind of the {@code *_configs} keys of a receiver of Alertmanager. */
  public static final String NOTIFIER = "receiver integration";

  /** Kind of the words after {@code tethys} that select a role. */
  public static final String COMMAND = "command";

  private static final Map<String, Map<String, String>> MODULES = new TreeMap<>();

  static {
    add("receiver", "awss3", "carbon", "collectd", "datadog", "opentsdb", "statsd");
    add("receiver", Map.of("fluent_forward", "fluent", "fluentforward", "fluent"));
    add("receiver", Map.of("splunk_hec", "splunk"));
    for (String name :
        """
        docker_stats k8s_cluster k8s_events k8s_objects k8sobjects kubelet_stats kubeletstats \
        receiver_creator"""
            .split(" ")) {
      add("receiver", Map.of(name, "containers"));
    }
    for (String name :
        new String[] {"docker_observer", "host_observer", "k8s_leader_elector", "k8s_observer"}) {
      add("extension", Map.of(name, "containers"));
    }
    for (String name :
        """
        http_forwarder jaeger_remote_sampling jaegerremotesampling pprof zpages"""
            .split(" ")) {
      add("extension", Map.of(name, "extensions"));
    }
    add("exporter", Map.of("load_balancing", "loadbalancing", "loadbalancing", "loadbalancing"));
    add("processor", Map.of("k8s_attributes", "containers", "k8sattributes", "containers"));
    add("processor", "schema");
    add("processor", Map.of("resource_detection", "detection", "resourcedetection", "detection"));
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
    add(METRICS_EXPORTER, Map.of("databases", "clusteragent", "haproxy", "process"));
    for (String name : new String[] {"memcached", "mongodb", "mysqld", "postgres", "redis"}) {
      add(METRICS_EXPORTER, Map.of(name, "databases"));
    }
    for (String name :
        """
        discord incidentio jira mattermost msteams msteamsv2 opsgenie pushover \
        rocketchat sns telegram victorops webex wechat"""
            .split(" ")) {
      add(NOTIFIER, Map.of(name, "notifiers"));
    }
    add(COMMAND, "demo");
    add(COMMAND, Map.of("cluster-agent", "clusteragent"));
    add(COMMAND, Map.of("exporter graphite", "statsd", "exporter statsd", "statsd"));
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

  /** Returns the sorted names of a kind. */
  public static Set<String> names(String kind) {
    return new TreeSet<>(MODULES.getOrDefault(kind, Map.of()).keySet());
  }

  /** Returns the module of {@code contrib} with this name; null if none has it. */
  public static @Nullable String module(String kind, String name) {
    return MODULES.getOrDefault(kind, Map.of()).get(name);
  }

  /**
   * Returns the error for a name missing from the core; null if {@code contrib} lacks it as well.
   */
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
