package dev.tethys.collect.cloud.gcp;

import dev.tethys.collect.cloud.reader.CloudCalls;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudFigures;
import dev.tethys.collect.cloud.reader.CloudParts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/**
 * Machine metrics of instances from Cloud Monitoring: one request for a metric of all instances of
 * a project.
 */
final class GcpMonitoring {
  private static final Duration WINDOW = Duration.ofMinutes(5);

  /** Names of a product and how its series name an instance. */
  private enum Product {
    CLOUDSQL("cloudsql.googleapis.com/database/", "cloudsql_database"),
    REDIS("redis.googleapis.com/", "redis_instance"),
    VALKEY("memorystore.googleapis.com/instance/", "memorystore.googleapis.com/Instance"),
    MEMCACHED("memcache.googleapis.com/node/", "memcache_node");

    final String prefix;
    final String resource;

    Product(String prefix, String resource) {
      this.prefix = prefix;
      this.resource = resource;
    }

    /** Key of the figures of an instance; empty if the labels name none. */
    String key(JsonNode labels) {
      String project = labels.path("project_id").asString("");
      String instance = labels.path("instance_id").asString("");
      String location = labels.path("location").asString("");
      return switch (this) {
        case CLOUDSQL -> {
          String database = labels.path("database_id").asString("");
          yield "sql " + database.substring(database.lastIndexOf(':') + 1);
        }
        case REDIS -> {
          String[] parts = instance.split("/", -1);
          yield parts.length == 6 ? "memory " + project + "/" + parts[3] + "/" + parts[5] : "";
        }
        case VALKEY -> "memory " + project + "/" + location + "/" + instance;
        // The location of a node is a zone, such as europe-west1-b.
        case MEMCACHED ->
            "memory "
                + project
                + "/"
                + location.replaceFirst("-[a-z]$", "")
                + "/"
                + instance
                + "/"
                + labels.path("node_id").asString("");
      };
    }
  }

  /**
   * Metric of Cloud Monitoring.
   *
   * @param rate whether it counts, and its rate is shown
   * @param label name of a label; empty for none
   * @param value value of the label; empty for that of the series
   * @param filter further condition
   */
  private record Figure(
      Product product,
      String metric,
      String name,
      String help,
      double scale,
      boolean rate,
      String label,
      String value,
      String filter) {
    static Figure gauge(Product p, String metric, String name, String help, double scale) {
      return new Figure(p, metric, name, help, scale, false, "", "", "");
    }

    static Figure rate(
        Product p, String metric, String name, String help, String label, String value) {
      return new Figure(p, metric, name, help, 1, true, label, value, "");
    }

    Figure where(String condition) {
      return new Figure(product, metric, name, help, scale, rate, label, value, condition);
    }
  }

  /** Replicas of Redis and Valkey have their own series. */
  private static final String PRIMARY = "metric.labels.role=\"primary\"";

  private static final String SQL = "gcp_cloudsql_";
  private static final String MEMORY = "gcp_memorystore_";
  private static final String NETWORK = "network_bytes_per_second";
  private static final String NETWORK_HELP = "Bytes over the network per second.";
  private static final String OPS = SQL + "io_ops_per_second";
  private static final String OPS_HELP = "Operations of the disk per second.";
  private static final String BYTES = SQL + "io_bytes_per_second";
  private static final String BYTES_HELP = "Bytes read and written per second.";

  private static final List<Figure> FIGURES =
      List.of(
          Figure.gauge(
              Product.CLOUDSQL,
              "cpu/utilization",
              SQL + "cpu_usage_percent",
              "Share of the CPUs in use.",
              100),
          Figure.gauge(
              Product.CLOUDSQL,
              "cpu/reserved_cores",
              SQL + "cpu_cores",
              "Number of virtual CPUs.",
              1),
          Figure.rate(
              Product.CLOUDSQL,
              "cpu/usage_time",
              SQL + "cpu_usage_cores",
              "CPUs in use by the database.",
              "",
              ""),
          new Figure(
              Product.CLOUDSQL,
              "memory/components",
              SQL + "memory_components_percent",
              "Share of the memory by use.",
              1,
              false,
              "component",
              "",
              ""),
          Figure.gauge(Product.CLOUDSQL, "memory/quota", SQL + "memory_total_bytes", "Memory.", 1),
          Figure.gauge(
              Product.CLOUDSQL,
              "memory/total_usage",
              SQL + "memory_used_bytes",
              "Memory in use, with buffers and cache.",
              1),
          Figure.gauge(
              Product.CLOUDSQL, "disk/quota", SQL + "disk_total_bytes", "Size of the disk.", 1),
          Figure.gauge(
              Product.CLOUDSQL, "disk/bytes_used", SQL + "disk_used_bytes", "Used size.", 1),
          Figure.rate(
              Product.CLOUDSQL,
              "network/received_bytes_count",
              SQL + NETWORK,
              NETWORK_HELP,
              "direction",
              "rx"),
          Figure.rate(
              Product.CLOUDSQL,
              "network/sent_bytes_count",
              SQL + NETWORK,
              NETWORK_HELP,
              "direction",
              "tx"),
          Figure.rate(Product.CLOUDSQL, "disk/read_ops_count", OPS, OPS_HELP, "operation", "read"),
          Figure.rate(
              Product.CLOUDSQL, "disk/write_ops_count", OPS, OPS_HELP, "operation", "write"),
          Figure.rate(
              Product.CLOUDSQL, "disk/read_bytes_count", BYTES, BYTES_HELP, "operation", "read"),
          Figure.rate(
              Product.CLOUDSQL, "disk/write_bytes_count", BYTES, BYTES_HELP, "operation", "write"),
          Figure.rate(
                  Product.REDIS,
                  "stats/cpu_utilization",
                  MEMORY + "cpu_usage_cores",
                  "CPUs in use.",
                  "",
                  "")
              .where(PRIMARY),
          Figure.gauge(
                  Product.REDIS,
                  "stats/memory/usage",
                  MEMORY + "memory_used_bytes",
                  "Memory in use.",
                  1)
              .where(PRIMARY),
          Figure.rate(
                  Product.REDIS,
                  "stats/network_traffic",
                  MEMORY + NETWORK,
                  NETWORK_HELP,
                  "direction",
                  "rx")
              .where(PRIMARY + " AND metric.labels.direction=\"in\""),
          Figure.rate(
                  Product.REDIS,
                  "stats/network_traffic",
                  MEMORY + NETWORK,
                  NETWORK_HELP,
                  "direction",
                  "tx")
              .where(PRIMARY + " AND metric.labels.direction=\"out\""),
          Figure.gauge(
                  Product.VALKEY,
                  "cpu/average_utilization",
                  MEMORY + "cpu_usage_percent",
                  "Share of the CPUs in use.",
                  100)
              .where(PRIMARY),
          Figure.gauge(
              Product.VALKEY,
              "memory/total_used_memory",
              MEMORY + "memory_used_bytes",
              "Memory in use.",
              1),
          Figure.rate(
              Product.MEMCACHED,
              "cpu/usage_time",
              MEMORY + "cpu_usage_cores",
              "CPUs in use.",
              "",
              ""),
          Figure.gauge(
                  Product.MEMCACHED,
                  "cache_memory",
                  MEMORY + "memory_used_bytes",
                  "Memory in use.",
                  1)
              .where("metric.labels.used=\"1\""),
          Figure.rate(
              Product.MEMCACHED,
              "received_bytes_count",
              MEMORY + NETWORK,
              NETWORK_HELP,
              "direction",
              "rx"),
          Figure.rate(
              Product.MEMCACHED,
              "sent_bytes_count",
              MEMORY + NETWORK,
              NETWORK_HELP,
              "direction",
              "tx"));

  private GcpMonitoring() {}

  /**
   * Reads the values of instances.
   *
   * @param engines engines of the instances; metrics of other products are not requested
   */
  static CloudFigures read(
      GcpCalls api,
      String project,
      List<String> engines,
      Instant now,
      CloudParts parts,
      String part,
      String remedy)
      throws InterruptedException {
    CloudFigures out = new CloudFigures();
    for (Figure f : FIGURES) {
      boolean present =
          switch (f.product) {
            case CLOUDSQL -> engines.contains("sql");
            case REDIS -> engines.contains("redis");
            case VALKEY -> engines.contains("valkey");
            case MEMCACHED -> engines.contains("memcached");
          };
      if (!present) {
        continue;
      }
      try {
        read(api, project, f, now, out);
        parts.succeeded(part);
      } catch (CloudException e) {
        // Projects without data of a metric do not know it.
        if (e.failure() == Failure.ABSENT) {
          parts.succeeded(part);
          continue;
        }
        parts.failed(part, e, remedy);
        if (e.failure() != Failure.ANSWER) {
          return out;
        }
      }
    }
    return out;
  }

  private static void read(GcpCalls api, String project, Figure f, Instant now, CloudFigures to)
      throws CloudException, InterruptedException {
    String filter =
        "metric.type=\""
            + f.product.prefix
            + f.metric
            + "\" AND resource.type=\""
            + f.product.resource
            + "\""
            + (f.filter.isEmpty() ? "" : " AND " + f.filter);
    String path =
        "/v3/projects/"
            + project
            + "/timeSeries?filter="
            + CloudCalls.encoded(filter)
            + "&interval.startTime="
            + CloudCalls.encoded(now.minus(WINDOW).toString())
            + "&interval.endTime="
            + CloudCalls.encoded(now.toString())
            + "&aggregation.alignmentPeriod=60s&aggregation.perSeriesAligner="
            + (f.rate ? "ALIGN_RATE" : "ALIGN_MEAN");
    for (JsonNode s :
        api.list(GcpCalls.MONITORING, "monitoring.timeSeries.list", path, "timeSeries")) {
      String key = f.product.key(s.path("resource").path("labels"));
      // The newest point is the first one.
      JsonNode v = s.path("points").path(0).path("value");
      JsonNode n = v.has("doubleValue") ? v.path("doubleValue") : v.path("int64Value");
      double value =
          n.isNumber() ? n.asDouble() : n.isString() ? n.asDouble(Double.NaN) : Double.NaN;
      if (key.isEmpty() || Double.isNaN(value)) {
        continue;
      }
      String label =
          f.value.isEmpty() && !f.label.isEmpty()
              ? s.path("metric").path("labels").path(f.label).asString("").toLowerCase(Locale.ROOT)
              : f.value;
      if (f.label.isEmpty()) {
        to.add(key, f.name, f.help, value * f.scale);
      } else {
        to.add(key, f.name, f.help, value * f.scale, f.label, label);
      }
    }
  }
}
