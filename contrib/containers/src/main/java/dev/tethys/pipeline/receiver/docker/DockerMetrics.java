package dev.tethys.pipeline.receiver.docker;

import dev.tethys.pipeline.receiver.scraping.Instrument;
import dev.tethys.pipeline.receiver.scraping.ResourceAttributes.Attribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Metrics and resource attributes of the receiver. */
final class DockerMetrics {
  static final String BLOCK = "container.blockio.";
  static final String MEMORY = "container.memory.";
  static final String NETWORK = "container.network.io.usage.";

  private static final String BYTES = "By";
  private static final String OPERATIONS = "{operations}";
  private static final String[] DEVICE = {"device_major", "device_minor", "operation"};

  /** Metrics of block devices by Docker's keys. */
  static final Map<String, String> BLOCK_KEYS =
      new TreeMap<>(
          Map.of(
              "io_merged_recursive", "io_merged_recursive",
              "io_queue_recursive", "io_queued_recursive",
              "io_service_bytes_recursive", "io_service_bytes_recursive",
              "io_service_time_recursive", "io_service_time_recursive",
              "io_serviced_recursive", "io_serviced_recursive",
              "io_time_recursive", "io_time_recursive",
              "io_wait_time_recursive", "io_wait_time_recursive",
              "sectors_recursive", "sectors_recursive"));

  /** Of memory in bytes, as the kernel calls them; of version 1 of control groups also in total. */
  private static final List<String> OF_MEMORY =
      List.of(
          "active_anon",
          "active_file",
          "cache",
          "dirty",
          "inactive_anon",
          "inactive_file",
          "mapped_file",
          "rss",
          "rss_huge",
          "unevictable",
          "writeback");

  /** Memory event metrics with units. */
  private static final Map<String, String> OF_PAGES =
      new TreeMap<>(
          Map.of(
              "pgfault",
              "{faults}",
              "pgmajfault",
              "{faults}",
              "pgpgin",
              OPERATIONS,
              "pgpgout",
              OPERATIONS));

  /** Keys of Docker's map of memory that are metrics. */
  static final List<String> MEMORY_KEYS = memoryKeys();

  static final List<Instrument> ALL = all();

  static final List<Attribute> RESOURCE =
      List.of(
          new Attribute(
              "container.command_line", false, "Command with which the container was started."),
          new Attribute("container.hostname", true, "The name that it has for itself."),
          new Attribute("container.id", true, "Its id."),
          new Attribute("container.image.id", false, "The id of its image."),
          new Attribute("container.image.name", true, "The name of its image."),
          new Attribute("container.name", true, "Its name."),
          new Attribute("container.runtime", true, "docker"));

  private DockerMetrics() {}

  private static List<String> memoryKeys() {
    List<String> keys =
        new ArrayList<>(
            List.of("anon", "file", "hierarchical_memory_limit", "hierarchical_memsw_limit"));
    for (String s : OF_MEMORY) {
      keys.add(s);
      keys.add("total_" + s);
    }
    for (String s : OF_PAGES.keySet()) {
      keys.add(s);
      keys.add("total_" + s);
    }
    return List.copyOf(keys);
  }

  private static List<Instrument> all() {
    List<Instrument> l = new ArrayList<>();
    block(l);
    cpu(l);
    memory(l);
    network(l);
    l.add(
        level("container.pids.count", "{pids}", "Processes and threads in the container.")
            .optional());
    l.add(
        level("container.pids.limit", "{pids}", "Maximum number of processes and threads.")
            .optional());
    l.add(
        Instrument.counter(
                "container.restarts", "{restarts}", "Number of restarts of the container.")
            .optional());
    l.add(
        Instrument.gauge(
                "container.status",
                "{status}",
                "1 for the current status of the container.",
                "status")
            .inWholeNumbers()
            .optional());
    l.add(
        Instrument.gauge("container.uptime", "s", "Time since the container was started.")
            .optional());
    return List.copyOf(l);
  }

  private static Instrument level(String name, String unit, String doc) {
    return Instrument.level(name, unit, doc);
  }

  private static void block(List<Instrument> l) {
    BLOCK_KEYS
        .values()
        .forEach(
            n -> {
              String unit =
                  switch (n) {
                    case "io_service_bytes_recursive" -> BYTES;
                    case "io_service_time_recursive", "io_wait_time_recursive" -> "ns";
                    case "io_time_recursive" -> "ms";
                    case "sectors_recursive" -> "{sectors}";
                    default -> OPERATIONS;
                  };
              Instrument i =
                  Instrument.counter(
                      BLOCK + n, unit, "Block devices: " + n.replace('_', ' ') + ".", DEVICE);
              l.add(n.equals("io_service_bytes_recursive") ? i : i.optional());
            });
  }

  private static void cpu(List<Instrument> l) {
    String cpu = "container.cpu.";
    l.add(
        Instrument.gauge(cpu + "limit", "{cpus}", "Number of CPUs that the container may use.")
            .optional());
    l.add(
        Instrument.gauge(
                cpu + "logical.count", "{cpus}", "Number of CPUs available to the container.")
            .inWholeNumbers()
            .optional());
    l.add(
        Instrument.gauge(cpu + "shares", "1", "CPU shares of the container.")
            .inWholeNumbers()
            .optional());
    String throttling = cpu + "throttling_data.";
    l.add(
        Instrument.counter(
                throttling + "periods", "{periods}", "Number of periods of CPU throttling.")
            .optional());
    l.add(
        Instrument.counter(
                throttling + "throttled_periods", "{periods}", "Number of throttled periods.")
            .optional());
    l.add(
        Instrument.counter(throttling + "throttled_time", "ns", "Total throttled time.")
            .optional());
    l.add(Instrument.counter(cpu + "usage.kernelmode", "ns", "CPU time in kernel mode."));
    l.add(
        Instrument.counter(cpu + "usage.percpu", "ns", "CPU time of each CPU.", "core").optional());
    l.add(Instrument.counter(cpu + "usage.system", "ns", "CPU time of the host.").optional());
    l.add(Instrument.counter(cpu + "usage.total", "ns", "Total CPU time of the container."));
    l.add(Instrument.counter(cpu + "usage.usermode", "ns", "CPU time in user mode."));
    l.add(Instrument.gauge(cpu + "utilization", "1", "Percent of a CPU in use."));
  }

  private static void memory(List<Instrument> l) {
    for (String key : MEMORY_KEYS) {
      String page = OF_PAGES.get(key.replace("total_", ""));
      String doc = "Memory: " + key.replace('_', ' ') + ".";
      Instrument i =
          page == null
              ? level(MEMORY + key, BYTES, doc)
              : Instrument.counter(MEMORY + key, page, doc);
      l.add(key.equals("file") || key.equals("total_cache") ? i : i.optional());
    }
    l.add(
        Instrument.counter(MEMORY + "fails", "{fails}", "Number of times that usage hit the limit.")
            .optional());
    l.add(Instrument.gauge(MEMORY + "percent", "1", "Memory in use as a percentage of the limit."));
    l.add(level(MEMORY + "usage.limit", BYTES, "Memory limit of the container."));
    l.add(level(MEMORY + "usage.max", BYTES, "Maximum memory usage of the container.").optional());
    l.add(level(MEMORY + "usage.total", BYTES, "Memory in use, without the cache."));
  }

  private static void network(List<Instrument> l) {
    for (String d : List.of("rx", "tx")) {
      String doc = d.equals("rx") ? " received." : " sent.";
      l.add(Instrument.counter(NETWORK + d + "_bytes", BYTES, "Bytes" + doc, "interface"));
      l.add(
          Instrument.counter(
              NETWORK + d + "_dropped", "{packets}", "Packets dropped, not" + doc, "interface"));
      l.add(
          Instrument.counter(NETWORK + d + "_errors", "{errors}", "Errors" + doc, "interface")
              .optional());
      l.add(
          Instrument.counter(NETWORK + d + "_packets", "{packets}", "Packets" + doc, "interface")
              .optional());
    }
  }
}
