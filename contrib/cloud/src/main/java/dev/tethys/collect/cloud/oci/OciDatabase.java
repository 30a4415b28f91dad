package dev.tethys.collect.cloud.oci;

import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudFigures;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Database system, replica or cache of Oracle Cloud.
 *
 * @param cache whether it is of OCI Cache
 * @param figures ids in Monitoring
 * @param info alternating names and values of the labels of its info metric
 * @param primary name of the system that it replicates; empty if none
 * @param logResource resource whose service log has its messages
 * @param logSubject instance within that log; empty for all
 * @param cores 0 if unknown, as are the bytes
 */
record OciDatabase(
    boolean cache,
    String id,
    String name,
    List<String> figures,
    String engine,
    String host,
    int port,
    String status,
    List<String> info,
    String primary,
    String logResource,
    String logSubject,
    double cores,
    double memoryBytes,
    Map<String, String> tags) {
  private static final double GIB = 1 << 30;
  private static final int MAX_TAGS = 100;
  private static final Pattern DOMAIN = Pattern.compile("-AD-(\\d{1,2})$");

  /** Fields that systems, replicas and instances have in common. */
  record Common(String region, JsonNode n) {
    String text(String field) {
      return OciDatabase.text(n, field);
    }

    /** Number of the availability domain in its region. */
    String domain() {
      Matcher m = DOMAIN.matcher(text("availabilityDomain"));
      return m.find() ? region + "-ad-" + m.group(1) : "";
    }

    Map<String, String> tags() {
      Map<String, String> out = new LinkedHashMap<>();
      n.path("freeformTags")
          .properties()
          .forEach(
              e -> {
                if (out.size() < MAX_TAGS) {
                  out.put(e.getKey(), e.getValue().asString(""));
                }
              });
      return out;
    }
  }

  /** Whether the resource was deleted; lists have it for some time. */
  static boolean isDeleted(JsonNode n) {
    return text(n, "lifecycleState").equals("DELETED");
  }

  static String text(JsonNode n, String field) {
    JsonNode v = n.path(field);
    return v.isString() ? v.asString() : "";
  }

  /** Address of an endpoint of PostgreSQL. */
  static String host(JsonNode endpoint) {
    String ip = text(endpoint, "ipAddress");
    return ip.isEmpty() ? text(endpoint, "fqdn") : ip;
  }

  static int port(JsonNode n, int otherwise) {
    int port = n.path("port").asInt(otherwise);
    return port < 1 || port > 65_535 ? otherwise : port;
  }

  /** Database system or replica of MySQL. */
  static OciDatabase mysql(Common c, String primary) {
    String host = c.text("ipAddress");
    int port = port(c.n, 3306);
    for (JsonNode e : c.n.path("endpoints")) {
      if (text(e, "resourceType").equals("DBSYSTEM")) {
        host = text(e, "ipAddress");
        port = port(e, 3306);
        break;
      }
    }
    return database(
        c,
        "mysql",
        c.text("mysqlVersion"),
        c.text("shapeName"),
        c.n.path("isHighlyAvailable").asBoolean(false),
        host,
        port,
        primary,
        List.of(c.text("id")),
        "",
        "",
        0,
        0,
        c.tags());
  }

  /**
   * Instances of a system of PostgreSQL: the primary with the id of the system, and its replicas.
   *
   * @param details system with its instances
   * @param primaryId id of the primary instance; empty if unknown
   * @param connections endpoints
   */
  static List<OciDatabase> postgres(
      Common c, JsonNode details, String primaryId, JsonNode connections) {
    List<OciDatabase> out = new ArrayList<>();
    String id = c.text("id");
    double cores = c.n.path("instanceOcpuCount").asDouble(0) * 2;
    double memory = c.n.path("instanceMemorySizeInGBs").asDouble(0) * GIB;
    boolean available = c.n.path("instanceCount").asInt(1) > 1;
    String shape = c.text("shape");
    String version = c.text("dbVersion");
    JsonNode first = connections.path("primaryDbEndpoint");
    Common own = c;
    Map<String, JsonNode> endpoints = new LinkedHashMap<>();
    for (JsonNode e : connections.path("instanceEndpoints")) {
      endpoints.put(text(e, "dbInstanceId"), e.path("endpoint"));
    }
    for (JsonNode i : details.path("instances")) {
      String instance = text(i, "id");
      Common ic = new Common(c.region, i);
      if (instance.equals(primaryId) || primaryId.isEmpty()) {
        own = instance.equals(primaryId) ? ic : own;
        continue;
      }
      JsonNode at = endpoints.getOrDefault(instance, i.path("none"));
      out.add(
          database(
              ic,
              "postgres",
              version,
              shape,
              available,
              host(at),
              port(at, 5432),
              c.text("displayName"),
              List.of(instance),
              id,
              instance,
              cores,
              memory,
              c.tags()));
    }
    List<String> figures = primaryId.isEmpty() ? List.of(id) : List.of(primaryId, id);
    OciDatabase primary =
        database(
            c,
            "postgres",
            version,
            shape,
            available,
            host(first),
            port(first, 5432),
            "",
            figures,
            id,
            primaryId,
            cores,
            memory,
            c.tags());
    out.addFirst(primary.at(own.domain()));
    return out;
  }

  private OciDatabase at(String domain) {
    List<String> labels = new ArrayList<>(info);
    labels.set(labels.indexOf("availability_domain") + 1, domain);
    return new OciDatabase(
        cache,
        id,
        name,
        figures,
        engine,
        host,
        port,
        status,
        labels,
        primary,
        logResource,
        logSubject,
        cores,
        memoryBytes,
        tags);
  }

  private static OciDatabase database(
      Common c,
      String engine,
      String version,
      String shape,
      boolean available,
      String host,
      int port,
      String primary,
      List<String> figures,
      String logResource,
      String logSubject,
      double cores,
      double memory,
      Map<String, String> tags) {
    String name = c.text("displayName");
    return new OciDatabase(
        false,
        c.text("id"),
        name,
        figures,
        engine,
        host,
        port,
        c.text("lifecycleState"),
        List.of(
            "name",
            name,
            "compartment",
            c.text("compartmentId"),
            "region",
            c.region,
            "availability_domain",
            c.domain(),
            "ipv4",
            host,
            "port",
            host.isEmpty() ? "" : Integer.toString(port),
            "engine",
            engine,
            "engine_version",
            version,
            "shape",
            shape,
            "high_availability",
            Boolean.toString(available),
            "primary",
            primary),
        primary,
        logResource,
        logSubject,
        cores,
        memory,
        tags);
  }

  /** Cluster of OCI Cache. */
  static OciDatabase cache(Common c) {
    String[] software = c.text("softwareVersion").toLowerCase(Locale.ROOT).split("_", 2);
    double gib = c.n.path("nodeMemoryInGBs").asDouble(0);
    String host = c.text("primaryEndpointIpAddress");
    return new OciDatabase(
        true,
        c.text("id"),
        c.text("displayName"),
        List.of(c.text("id")),
        software[0],
        host,
        6379,
        c.text("lifecycleState"),
        List.of(
            "name",
            c.text("displayName"),
            "compartment",
            c.text("compartmentId"),
            "region",
            c.region,
            "ipv4",
            host,
            "port",
            "6379",
            "engine",
            software[0],
            "engine_version",
            software.length < 2 ? "" : software[1].replace('_', '.'),
            "node_count",
            Integer.toString(c.n.path("nodeCount").asInt(0)),
            "node_memory_gb",
            Double.toString(gib).replaceAll("\\.0$", "")),
        "",
        c.text("id"),
        "",
        0,
        gib * GIB,
        c.tags());
  }

  String prefix() {
    return cache ? "oci_cache" : "oci_db";
  }

  CloudDatabase database() {
    return new CloudDatabase(
        prefix(), id, name, CloudDatabase.engine(engine), engine, host, port, host, tags);
  }

  /** Adds the metrics of the API and of Monitoring. */
  void addTo(CloudMetrics all, CloudFigures values) {
    CloudMetrics.Instance m = all.of(prefix() + "_id", id);
    m.gauge(
        prefix() + "_info",
        cache ? "Cluster of OCI Cache." : "Database system of OCI.",
        1,
        info.toArray(String[]::new));
    m.gauge(prefix() + "_status", "Status of the system.", 1, "status", status);
    if (cores > 0) {
      m.gauge(prefix() + "_cpu_cores", "Number of virtual CPUs, two of an OCPU.", cores);
    }
    if (memoryBytes > 0) {
      m.gauge(prefix() + "_memory_total_bytes", "Memory of a node.", memoryBytes);
    }
    figures.forEach(f -> values.addTo(m, f));
  }
}
