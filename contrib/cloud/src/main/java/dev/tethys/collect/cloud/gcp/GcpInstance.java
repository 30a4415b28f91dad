package dev.tethys.collect.cloud.gcp;

import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudFigures;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Instance of Cloud SQL, or instance or node of Memorystore.
 *
 * @param sql whether it is of Cloud SQL
 * @param id value of the label that identifies it
 * @param figures id in Cloud Monitoring
 * @param info alternating names and values of the labels of its info metric
 * @param primary name of the instance that it replicates; empty if none
 * @param cores 0 if unknown, as are the bytes
 */
record GcpInstance(
    boolean sql,
    String id,
    String name,
    String figures,
    String engine,
    String host,
    int port,
    String status,
    List<String> info,
    String primary,
    double cores,
    double memoryBytes,
    Map<String, String> labels) {
  private static final double GIB = 1 << 30;
  private static final int MAX_LABELS = 100;

  /** Instance of Cloud SQL. */
  static GcpInstance sql(String project, JsonNode i) {
    String name = text(i, "name");
    String[] database = text(i, "databaseVersion").toLowerCase(Locale.ROOT).split("_", 2);
    String version = database.length < 2 ? "" : database[1].replace('_', '.');
    String host = "";
    String external = "";
    for (JsonNode a : i.path("ipAddresses")) {
      switch (text(a, "type")) {
        case "PRIVATE" -> host = text(a, "ipAddress");
        case "PRIMARY" -> external = text(a, "ipAddress");
        default -> {}
      }
    }
    host = host.isEmpty() ? external : host;
    int port =
        switch (database[0]) {
          case "postgres" -> 5432;
          case "mysql" -> 3306;
          case "sqlserver" -> 1433;
          default -> 0;
        };
    String master = text(i, "masterInstanceName");
    String primary = master.substring(master.indexOf(':') + 1);
    JsonNode settings = i.path("settings");
    return new GcpInstance(
        true,
        project + "/" + name,
        name,
        name,
        database[0],
        host,
        port,
        text(i, "state"),
        List.of(
            "project",
            project,
            "region",
            text(i, "region"),
            "zone",
            text(i, "gceZone"),
            "ipv4",
            host,
            "port",
            port == 0 ? "" : Integer.toString(port),
            "engine",
            database[0],
            "engine_version",
            version,
            "tier",
            text(settings, "tier"),
            "availability_type",
            text(settings, "availabilityType"),
            "connection_name",
            text(i, "connectionName"),
            "instance_type",
            text(i, "instanceType"),
            "primary_instance",
            primary),
        primary,
        0,
        0,
        labels(settings.path("userLabels")));
  }

  /** Instance of Memorystore for Redis. */
  static GcpInstance redis(String project, JsonNode i) {
    double size = i.path("memorySizeGb").asDouble(0);
    return memory(
        new Place(project, text(i, "name"), ""),
        "redis",
        version(text(i, "redisVersion"), "redis_"),
        text(i, "currentLocationId"),
        text(i, "tier").toLowerCase(Locale.ROOT),
        text(i, "host"),
        i.path("port").asInt(0),
        text(i, "state"),
        0,
        size,
        labels(i.path("labels")));
  }

  /** Nodes of an instance of Memorystore for Memcached. */
  static List<GcpInstance> memcached(String project, JsonNode i) {
    List<GcpInstance> out = new ArrayList<>();
    for (JsonNode n : i.path("memcacheNodes")) {
      out.add(
          memory(
              new Place(project, text(i, "name"), text(n, "nodeId")),
              "memcached",
              version(text(i, "memcacheVersion"), "memcache_"),
              text(n, "zone"),
              "",
              text(n, "host"),
              n.path("port").asInt(0),
              text(n, "state"),
              i.path("nodeConfig").path("cpuCount").asDouble(0),
              i.path("nodeConfig").path("memorySizeMb").asDouble(0) / 1024,
              labels(i.path("labels"))));
    }
    return out;
  }

  /** Instance of Memorystore for Valkey, with the endpoint for discovery. */
  static GcpInstance valkey(String project, JsonNode i) {
    String host = "";
    int port = 0;
    for (JsonNode endpoint : i.path("endpoints")) {
      for (JsonNode c : endpoint.path("connections")) {
        for (JsonNode a : List.of(c.path("pscAutoConnection"), c.path("pscConnection"))) {
          if (text(a, "connectionType").equals("CONNECTION_TYPE_DISCOVERY")) {
            host = text(a, "ipAddress");
            port = a.path("port").asInt(6379);
          }
        }
      }
    }
    return memory(
        new Place(project, text(i, "name"), ""),
        "valkey",
        version(text(i, "engineVersion"), "valkey_"),
        "",
        text(i, "nodeType").toLowerCase(Locale.ROOT).replace('_', '-'),
        host,
        port,
        text(i, "state"),
        0,
        i.path("nodeConfig").path("sizeGb").asDouble(0),
        labels(i.path("labels")));
  }

  /** Place of a resource such as {@code projects/P/locations/REGION/instances/NAME}. */
  private record Place(String project, String resource, String node) {
    String part(int n) {
      String[] parts = resource.split("/", -1);
      return parts.length == 6 ? parts[n] : "";
    }

    String id() {
      return project + "/" + part(3) + "/" + part(5) + (node.isEmpty() ? "" : "/" + node);
    }
  }

  private static GcpInstance memory(
      Place place,
      String engine,
      String version,
      String zone,
      String tier,
      String host,
      int port,
      String status,
      double cores,
      double gib,
      Map<String, String> labels) {
    String size = gib == 0 ? "" : Double.toString(gib).replaceAll("\\.0$", "");
    int valid = port < 0 || port > 65_535 ? 0 : port;
    return new GcpInstance(
        false,
        place.id(),
        place.part(5),
        place.id(),
        engine,
        host,
        valid,
        status,
        List.of(
            "project",
            place.project,
            "region",
            place.part(3),
            "zone",
            zone,
            "ipv4",
            host,
            "port",
            valid == 0 ? "" : Integer.toString(valid),
            "engine",
            engine,
            "engine_version",
            version,
            "tier",
            tier,
            "memory_size_gb",
            size,
            "instance",
            place.part(5)),
        "",
        cores,
        gib * GIB,
        labels);
  }

  private static String version(String text, String prefix) {
    String s = text.toLowerCase(Locale.ROOT);
    return (s.startsWith(prefix) ? s.substring(prefix.length()) : s).replace('_', '.');
  }

  private static String text(JsonNode n, String field) {
    JsonNode v = n.path(field);
    return v.isString() ? v.asString() : "";
  }

  private static Map<String, String> labels(JsonNode n) {
    Map<String, String> out = new LinkedHashMap<>();
    n.properties()
        .forEach(
            e -> {
              if (out.size() < MAX_LABELS) {
                out.put(e.getKey(), e.getValue().asString(""));
              }
            });
    return out;
  }

  /** Whether the format of the error log is known. */
  boolean hasLog() {
    return sql && (engine.equals("postgres") || engine.equals("mysql"));
  }

  CloudDatabase database() {
    return new CloudDatabase(
        sql ? "gcp_cloudsql" : "gcp_memorystore",
        id,
        name,
        CloudDatabase.engine(engine),
        engine,
        host,
        port,
        host,
        labels);
  }

  /** Adds the metrics of the API and of Cloud Monitoring. */
  void addTo(CloudMetrics all, CloudFigures values) {
    String prefix = sql ? "gcp_cloudsql_" : "gcp_memorystore_";
    CloudMetrics.Instance m = metrics(all);
    m.gauge(
        prefix + "info",
        sql ? "Instance of Cloud SQL." : "Instance of Memorystore.",
        1,
        info.toArray(String[]::new));
    m.gauge(prefix + "status", "Status of the instance.", 1, "status", status);
    if (cores > 0) {
      m.gauge(prefix + "cpu_cores", "Number of virtual CPUs.", cores);
    }
    if (memoryBytes > 0) {
      m.gauge(prefix + "memory_total_bytes", "Memory.", memoryBytes);
    }
    values.addTo(m, (sql ? "sql " : "memory ") + figures);
  }

  CloudMetrics.Instance metrics(CloudMetrics m) {
    return m.of(sql ? "cloudsql_instance_id" : "memorystore_instance_id", id);
  }
}
