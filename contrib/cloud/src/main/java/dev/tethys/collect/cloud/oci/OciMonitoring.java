package dev.tethys.collect.cloud.oci;

import dev.tethys.collect.cloud.reader.CloudCalls;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudFigures;
import dev.tethys.collect.cloud.reader.CloudParts;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Machine metrics from Monitoring: one request for a metric of all resources of a compartment. */
final class OciMonitoring {
  private static final Duration WINDOW = Duration.ofMinutes(5);
  private static final double GIB = 1 << 30;
  private static final String MYSQL = "oci_mysql_database";
  private static final String POSTGRES = "oci_postgresql";
  private static final String CACHE = "oci_redis";

  /** Nodes of HeatWave have series of their system with another type. */
  private static final String SYSTEMS = "{resourceType =~ \"mysql|replica\"}";

  /**
   * Metric of Monitoring.
   *
   * @param filter dimensions, in braces
   * @param rate whether it counts, and its rate is shown
   * @param label name of a label with its value, empty for none
   */
  private record Figure(
      String namespace,
      String metric,
      String filter,
      boolean rate,
      double scale,
      String name,
      String help,
      String... label) {
    String query() {
      return metric + "[1m]" + filter + (rate ? ".rate()" : ".mean()");
    }
  }

  private static Figure mysql(
      String metric, double scale, String name, String help, String... label) {
    return new Figure(MYSQL, metric, SYSTEMS, false, scale, name, help, label);
  }

  private static Figure rate(String metric, String name, String help, String... label) {
    return new Figure(MYSQL, metric, SYSTEMS, true, 1, name, help, label);
  }

  private static Figure postgres(
      String metric, double scale, String name, String help, String... label) {
    return new Figure(POSTGRES, metric, "", false, scale, name, help, label);
  }

  private static Figure cache(String metric, String name, String help, String... label) {
    return new Figure(CACHE, metric, "", false, 1, name, help, label);
  }

  private static final String CPU = "oci_db_cpu_usage_percent";
  private static final String CPU_HELP = "Share of the CPUs in use.";
  private static final String NET = "oci_db_network_bytes_per_second";
  private static final String NET_HELP = "Bytes over the network per second.";
  private static final String OPS = "oci_db_io_ops_per_second";
  private static final String OPS_HELP = "Operations of the disk per second.";
  private static final String BYTES = "oci_db_io_bytes_per_second";
  private static final String BYTES_HELP = "Bytes read and written per second.";
  private static final String LATENCY = "oci_db_io_latency_seconds";
  private static final String LATENCY_HELP = "Average time of operations of the disk.";
  private static final String USED = "oci_db_disk_used_bytes";
  private static final String USED_HELP = "Used storage.";
  private static final String[] RX = {"direction", "rx"};
  private static final String[] TX = {"direction", "tx"};
  private static final String[] READ = {"operation", "read"};
  private static final String[] WRITE = {"operation", "write"};

  private static final List<Figure> FIGURES =
      List.of(
          mysql("CPUUtilization", 1, CPU, CPU_HELP),
          mysql("OCPUsAllocated", 2, "oci_db_cpu_cores", "Number of virtual CPUs."),
          mysql("OCPUsUsed", 2, "oci_db_cpu_usage_cores", "Virtual CPUs in use."),
          mysql("MemoryAllocated", GIB, "oci_db_memory_total_bytes", "Memory."),
          mysql("MemoryUsed", GIB, "oci_db_memory_used_bytes", "Memory in use."),
          new Figure(
              MYSQL,
              "StorageAllocated",
              "",
              false,
              GIB,
              "oci_db_disk_total_bytes",
              "Allocated storage."),
          new Figure(MYSQL, "StorageUsed", "", false, GIB, USED, USED_HELP),
          rate("NetworkReceiveBytes", NET, NET_HELP, RX),
          rate("NetworkTransmitBytes", NET, NET_HELP, TX),
          rate("DbVolumeReadOperations", OPS, OPS_HELP, READ),
          rate("DbVolumeWriteOperations", OPS, OPS_HELP, WRITE),
          rate("DbVolumeReadBytes", BYTES, BYTES_HELP, READ),
          rate("DbVolumeWriteBytes", BYTES, BYTES_HELP, WRITE),
          postgres("CpuUtilization", 1, CPU, CPU_HELP),
          postgres(
              "MemoryUtilization", 1, "oci_db_memory_usage_percent", "Share of memory in use."),
          postgres("UsedStorage", 1e9, USED, USED_HELP),
          postgres("ReadIops", 1, OPS, OPS_HELP, READ),
          postgres("WriteIops", 1, OPS, OPS_HELP, WRITE),
          postgres("ReadThroughput", 1024, BYTES, BYTES_HELP, READ),
          postgres("WriteThroughput", 1024, BYTES, BYTES_HELP, WRITE),
          postgres("ReadLatency", 1e-3, LATENCY, LATENCY_HELP, READ),
          postgres("WriteLatency", 1e-3, LATENCY, LATENCY_HELP, WRITE),
          cache("CPUUtilization", "oci_cache_cpu_usage_percent", CPU_HELP),
          cache("UsedMemory", "oci_cache_memory_used_bytes", "Memory in use."),
          cache("NetworkBytesIn", "oci_cache_network_bytes_per_second", NET_HELP, RX),
          cache("NetworkBytesOut", "oci_cache_network_bytes_per_second", NET_HELP, TX));

  private OciMonitoring() {}

  /**
   * Reads the values of resources.
   *
   * @param engines engines of the databases; metrics of other services are not requested
   */
  static CloudFigures read(
      OciCalls api,
      List<String> compartments,
      List<String> engines,
      Instant now,
      CloudParts parts,
      String part,
      String remedy)
      throws InterruptedException {
    CloudFigures out = new CloudFigures();
    for (String compartment : compartments) {
      for (Figure f : FIGURES) {
        boolean present =
            switch (f.namespace) {
              case MYSQL -> engines.contains("mysql");
              case POSTGRES -> engines.contains("postgres");
              default -> engines.contains("cache");
            };
        if (!present) {
          continue;
        }
        try {
          read(api, compartment, f, now, out);
          parts.succeeded(part);
        } catch (CloudException e) {
          parts.failed(part, e, remedy);
          if (e.failure() != Failure.ANSWER && e.failure() != Failure.ABSENT) {
            return out;
          }
        }
      }
    }
    return out;
  }

  private static void read(OciCalls api, String compartment, Figure f, Instant now, CloudFigures to)
      throws CloudException, InterruptedException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("namespace", f.namespace);
    body.put("query", f.query());
    body.put("startTime", now.minus(WINDOW).toString());
    body.put("endTime", now.toString());
    String action = "telemetry SummarizeMetricsData";
    JsonNode answer =
        api.post(
                OciCalls.TELEMETRY,
                action,
                "/20180401/metrics/actions/summarizeMetricsData?compartmentId="
                    + CloudCalls.encoded(compartment),
                body)
            .json(action);
    for (JsonNode s : answer) {
      JsonNode points = s.path("aggregatedDatapoints");
      JsonNode value = points.path(points.size() - 1).path("value");
      String id = OciDatabase.text(s.path("dimensions"), "dbInstanceId");
      id = id.isEmpty() ? OciDatabase.text(s.path("dimensions"), "resourceId") : id;
      if (!id.isEmpty() && value.isNumber()) {
        to.add(id, f.name, f.help, value.asDouble() * f.scale, f.label);
      }
    }
  }
}
