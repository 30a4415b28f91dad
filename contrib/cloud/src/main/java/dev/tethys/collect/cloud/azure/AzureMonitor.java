package dev.tethys.collect.cloud.azure;

import dev.tethys.collect.cloud.reader.CloudCalls;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudFigures;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Machine metrics from Azure Monitor: one request for all metrics of a resource. */
final class AzureMonitor {
  private static final Duration WINDOW = Duration.ofMinutes(5);

  /**
   * Metric of Azure Monitor.
   *
   * @param scale factor of its values; amounts of a minute are divided by 60
   * @param label name of a label with its value, empty for none
   */
  private record Figure(
      String metric, String aggregation, double scale, String name, String help, String... label) {}

  private static final double PER_SECOND = 1 / 60.0;
  private static final String AVERAGE = "Average";
  private static final String TOTAL = "Total";
  private static final String MAXIMUM = "Maximum";
  private static final String CPU_HELP = "Share of the CPUs in use.";
  private static final String MEMORY_HELP = "Share of the memory in use.";
  private static final String NET = "azure_db_network_bytes_per_second";
  private static final String NET_HELP = "Bytes over the network per second.";
  private static final String OPS = "azure_db_io_ops_per_second";
  private static final String OPS_HELP = "Operations of the disk per second.";
  private static final String BYTES = "azure_db_io_bytes_per_second";
  private static final String BYTES_HELP = "Bytes read and written per second.";
  private static final String[] RX = {"direction", "rx"};
  private static final String[] TX = {"direction", "tx"};
  private static final String[] READ = {"operation", "read"};
  private static final String[] WRITE = {"operation", "write"};

  private static final List<Figure> SERVER =
      List.of(
          new Figure("cpu_percent", AVERAGE, 1, "azure_db_cpu_usage_percent", CPU_HELP),
          new Figure("memory_percent", AVERAGE, 1, "azure_db_memory_usage_percent", MEMORY_HELP),
          new Figure("storage_used", AVERAGE, 1, "azure_db_disk_used_bytes", "Used storage."),
          new Figure("network_bytes_ingress", TOTAL, PER_SECOND, NET, NET_HELP, RX),
          new Figure("network_bytes_egress", TOTAL, PER_SECOND, NET, NET_HELP, TX));

  private static final List<Figure> POSTGRES =
      List.of(
          new Figure("read_iops", AVERAGE, 1, OPS, OPS_HELP, READ),
          new Figure("write_iops", AVERAGE, 1, OPS, OPS_HELP, WRITE),
          new Figure("read_throughput", AVERAGE, 1, BYTES, BYTES_HELP, READ),
          new Figure("write_throughput", AVERAGE, 1, BYTES, BYTES_HELP, WRITE));

  private static final List<Figure> CACHE =
      List.of(
          new Figure("percentProcessorTime", MAXIMUM, 1, "azure_cache_cpu_usage_percent", CPU_HELP),
          new Figure("usedmemory", MAXIMUM, 1, "azure_cache_memory_used_bytes", "Memory in use."),
          new Figure(
              "usedmemorypercentage", MAXIMUM, 1, "azure_cache_memory_usage_percent", MEMORY_HELP),
          new Figure(
              "cacheWrite", MAXIMUM, 1, "azure_cache_network_bytes_per_second", NET_HELP, RX),
          new Figure(
              "cacheRead", MAXIMUM, 1, "azure_cache_network_bytes_per_second", NET_HELP, TX));

  private AzureMonitor() {}

  private static List<Figure> figures(AzureResource r) {
    if (r.cache()) {
      return CACHE;
    }
    return r.engine().equals("postgres")
        ? Stream.concat(SERVER.stream(), POSTGRES.stream()).toList()
        : SERVER;
  }

  /** Adds the newest values of a resource. */
  static void read(AzureCalls api, AzureResource r, Instant now, CloudFigures to)
      throws CloudException, InterruptedException {
    List<Figure> figures = figures(r);
    Instant end = now.truncatedTo(ChronoUnit.MINUTES);
    String names = figures.stream().map(Figure::metric).collect(Collectors.joining(","));
    String path =
        r.path()
            + "/providers/Microsoft.Insights/metrics?api-version=2023-10-01&interval=PT1M"
            + "&aggregation=Average,Total,Maximum&metricnames="
            + names
            + "&timespan="
            + CloudCalls.encoded(end.minus(WINDOW) + "/" + end);
    for (JsonNode m : api.get("monitor", "Microsoft.Insights/metrics/read", path).path("value")) {
      String name = m.path("name").path("value").asString("");
      for (Figure f : figures) {
        if (f.metric.equals(name)) {
          JsonNode value = newest(m.path("timeseries").path(0).path("data"), f.aggregation);
          if (value.isNumber()) {
            to.add(r.id(), f.name, f.help, value.asDouble() * f.scale, f.label);
          }
        }
      }
    }
  }

  /** Last minute that has a value; the present one seldom has. */
  private static JsonNode newest(JsonNode data, String aggregation) {
    String field = aggregation.toLowerCase(Locale.ROOT);
    for (int i = data.size() - 1; i > 0; i--) {
      if (data.path(i).path(field).isNumber()) {
        return data.path(i).path(field);
      }
    }
    return data.path(0).path(field);
  }
}
