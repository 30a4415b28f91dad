package dev.tethys.collect.cloud.aws;

import dev.tethys.codec.json.JsonFailures;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Enhanced Monitoring of an instance: its last event in the log group RDSOSMetrics. Sizes of the
 * events are in KiB, those of the network in bytes.
 */
final class EnhancedMonitoring {
  /** An older event is not shown, so that a gap of the monitoring is a gap of the metrics. */
  static final Duration OLDEST = Duration.ofMinutes(5);

  private static final String GROUP = "RDSOSMetrics";
  private static final int MAX_DEVICES = 100;
  private static final double KIB = 1024;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private EnhancedMonitoring() {}

  /**
   * Last event of an instance; null if there is none, or only old ones.
   *
   * @throws CloudException if the service refuses, or the event is not JSON
   */
  static @Nullable JsonNode read(AwsCalls api, RdsInstance instance, Instant now)
      throws CloudException, InterruptedException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("logGroupName", GROUP);
    body.put("logStreamName", instance.resource());
    body.put("limit", 1);
    body.put("startFromHead", false);
    JsonNode events = api.logs("GetLogEvents", body).path("events");
    JsonNode last = events.path(events.size() - 1);
    long millis = last.path("timestamp").asLong(0);
    if (events.isEmpty() || millis < now.minus(OLDEST).toEpochMilli()) {
      return null;
    }
    try {
      return JSON.readTree(last.path("message").asString(""));
    } catch (JacksonException e) {
      throw new CloudException(
          Failure.ANSWER,
          "an event of " + instance.id() + " is not JSON: " + JsonFailures.describe(e),
          e);
    }
  }

  /** Adds the metrics of an event; fields that are absent or of another type give none. */
  static void add(CloudMetrics.Instance m, JsonNode event) {
    value(m, "aws_rds_cpu_cores", "Number of virtual CPUs.", event.path("numVCPUs"), 1);
    for (String mode : new String[] {"guest", "irq", "nice", "steal", "system", "user", "wait"}) {
      value(
          m,
          "aws_rds_cpu_usage_percent",
          "Share of the CPU time by mode.",
          event.path("cpuUtilization").path(mode),
          1,
          "mode",
          mode);
    }
    JsonNode memory = event.path("memory");
    value(m, "aws_rds_memory_total_bytes", "Memory.", memory.path("total"), KIB);
    value(m, "aws_rds_memory_cached_bytes", "Page cache.", memory.path("cached"), KIB);
    value(m, "aws_rds_memory_free_bytes", "Unused memory.", memory.path("free"), KIB);
    int n = 0;
    for (JsonNode d : event.path("physicalDeviceIO")) {
      if (n++ < MAX_DEVICES) {
        addDevice(m, d, d.path("device").asString(""));
      }
    }
    for (JsonNode d : event.path("diskIO")) {
      String device = d.path("device").asString("");
      if (n++ >= MAX_DEVICES) {
        break;
      }
      if (device.isEmpty()) {
        addAurora(m, d);
      } else if (event.path("physicalDeviceIO").isEmpty()) {
        addDevice(m, d, device);
      }
    }
    n = 0;
    for (JsonNode f : event.path("fileSys")) {
      String at = f.path("mountPoint").asString("");
      if (n++ < MAX_DEVICES && !at.isEmpty()) {
        String[] label = {"mount_point", at};
        value(m, "aws_rds_fs_total_bytes", "Size of file systems.", f.path("total"), KIB, label);
        value(m, "aws_rds_fs_used_bytes", "Used size.", f.path("used"), KIB, label);
      }
    }
    n = 0;
    for (JsonNode i : event.path("network")) {
      String name = i.path("interface").asString("");
      if (n++ < MAX_DEVICES && !name.isEmpty()) {
        String[] label = {"interface", name};
        value(m, "aws_rds_net_rx_bytes_per_second", "Received bytes.", i.path("rx"), 1, label);
        value(m, "aws_rds_net_tx_bytes_per_second", "Sent bytes.", i.path("tx"), 1, label);
      }
    }
  }

  private static void addDevice(CloudMetrics.Instance m, JsonNode d, String device) {
    operations(m, d, device);
    String help = "Bytes read and written per second.";
    String name = "aws_rds_io_bytes_per_second";
    value(m, name, help, d.path("readKbPS"), KIB, "device", device, "operation", "read");
    value(m, name, help, d.path("writeKbPS"), KIB, "device", device, "operation", "write");
    value(
        m,
        "aws_rds_io_await_seconds",
        "Average time of requests, with that in the queue.",
        d.path("await"),
        1e-3,
        "device",
        device);
    value(
        m,
        "aws_rds_io_util_percent",
        "Share of the time in which requests were in progress.",
        d.path("util"),
        1,
        "device",
        device);
  }

  /** The storage of Aurora is not a device of the instance. */
  private static void addAurora(CloudMetrics.Instance m, JsonNode d) {
    String device = "aurora-data";
    operations(m, d, device);
    String help = "Average time of requests of Aurora.";
    String name = "aws_rds_io_latency_seconds";
    value(m, name, help, d.path("readLatency"), 1e-3, "device", device, "operation", "read");
    value(m, name, help, d.path("writeLatency"), 1e-3, "device", device, "operation", "write");
  }

  private static void operations(CloudMetrics.Instance m, JsonNode d, String device) {
    String help = "Read and write operations per second.";
    String name = "aws_rds_io_ops_per_second";
    value(m, name, help, d.path("readIOsPS"), 1, "device", device, "operation", "read");
    value(m, name, help, d.path("writeIOsPS"), 1, "device", device, "operation", "write");
  }

  private static void value(
      CloudMetrics.Instance m,
      String name,
      String help,
      JsonNode value,
      double scale,
      String... labels) {
    if (value.isNumber()) {
      m.gauge(name, help, value.asDouble() * scale, labels);
    }
  }
}
