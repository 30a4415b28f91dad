package dev.tethys.collect.observe.container;

import dev.tethys.collect.observe.container.CgroupResources.Cpu;
import dev.tethys.collect.observe.container.CgroupResources.Io;
import dev.tethys.collect.observe.container.CgroupResources.Memory;
import dev.tethys.collect.observe.container.CgroupResources.Pressure;
import dev.tethys.collect.observe.process.ProcessFiles;
import dev.tethys.collect.observe.process.ProcessFiles.Mount;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Container metrics, named and labelled as in Coroot's node agent. */
final class ContainerMetrics {
  private static final String[] IO = {
    "reads_total", "writes_total", "read_bytes_total", "written_bytes_total"
  };

  private static final String DISK = "container_resources_disk_";
  private static final String CPU_USAGE = "container_resources_cpu_usage_seconds_total";
  private static final String CPU_USAGE_HELP = "CPU time used.";
  private static final String MEMORY = "container_resources_memory_rss_bytes";
  private static final String MEMORY_HELP = "Memory of the processes, mapped files included.";

  /** Most mounts of one container that are shown. */
  private static final int MAX_MOUNTS = 32;

  private final Map<String, Family> families = new LinkedHashMap<>();
  private final CgroupResources resources;
  private final ProcessFiles files;
  private final DiskSizes sizes;

  private record Family(MetricType type, String help, List<Metric> metrics) {}

  private ContainerMetrics(CgroupResources resources, ProcessFiles files, DiskSizes sizes) {
    this.resources = resources;
    this.files = files;
    this.sizes = sizes;
  }

  static void collect(
      List<Container> containers,
      CgroupResources resources,
      ProcessFiles files,
      DiskSizes sizes,
      Consumer<MetricFamily> to) {
    ContainerMetrics m = new ContainerMetrics(resources, files, sizes);
    containers.forEach(m::add);
    m.families.forEach(
        (name, f) -> to.accept(new MetricFamily(name, f.type, f.help, "", f.metrics)));
  }

  private void add(Container c) {
    gauge(
        c,
        "container_info",
        "Information about the container.",
        1,
        "image",
        c.metadata.image(),
        "systemd_triggered_by",
        "",
        "systemd_type",
        "");
    for (String type : c.applicationTypes) {
      gauge(
          c,
          "container_application_type",
          "Kind of program in the container.",
          1,
          "application_type",
          type);
    }
    counter(c, "container_restarts_total", "Starts after all processes had ended.", c.restarts);
    double oom = resources.oomKills(c.cgroup);
    counter(
        c,
        "container_oom_kills_total",
        "Processes killed by the kernel because of lack of memory.",
        Double.isNaN(oom) ? c.oomKills : Math.max(oom, c.oomKills));
    if (c.cgroup.kind() != ContainerKind.STANDALONE) {
      resources(c);
    } else if (c.usage.isRead()) {
      counter(c, CPU_USAGE, CPU_USAGE_HELP, c.usage.cpuSeconds());
      gauge(c, MEMORY, MEMORY_HELP, c.usage.residentBytes());
    }
    if (c.delays.isRead()) {
      counter(
          c,
          "container_resources_cpu_delay_seconds_total",
          "Time in which threads waited for a processor.",
          c.delays.cpuSeconds());
    }
    if (c.delays.hasDisks()) {
      counter(
          c,
          "container_resources_disk_delay_seconds_total",
          "Time in which threads waited for block devices.",
          c.delays.diskSeconds());
    }
  }

  private void resources(Container c) {
    Cpu cpu = resources.cpu(c.cgroup);
    if (cpu != null) {
      if (cpu.limitCores() > 0) {
        gauge(c, "container_resources_cpu_limit_cores", "Limit of CPU in cores.", cpu.limitCores());
      }
      counter(c, CPU_USAGE, CPU_USAGE_HELP, cpu.usageSeconds());
      counter(
          c,
          "container_resources_cpu_throttled_seconds_total",
          "Time in which the CPU limit throttled the container.",
          cpu.throttledSeconds());
    }
    Memory memory = resources.memory(c.cgroup);
    if (memory != null) {
      if (memory.limit() > 0) {
        gauge(c, "container_resources_memory_limit_bytes", "Limit of memory.", memory.limit());
      }
      gauge(c, MEMORY, MEMORY_HELP, memory.rss());
      gauge(c, "container_resources_memory_cache_bytes", "Page cache.", memory.cache());
    }
    for (String resource : List.of("cpu", "memory", "io")) {
      Pressure p = resources.pressure(c.cgroup, resource);
      if (p != null) {
        String name = "container_resources_" + resource + "_pressure_waiting_seconds_total";
        String help = "Time in which tasks waited for " + resource + ".";
        counter(c, name, help, p.some(), "kind", "some");
        counter(c, name, help, p.full(), "kind", "full");
      }
    }
    disks(c);
  }

  private void disks(Container c) {
    List<Io> io = resources.io(c.cgroup);
    if (io.isEmpty() || c.processes.isEmpty()) {
      return;
    }
    Map<String, Mount> mounts = files.mounts(c.processes.firstKey());
    Set<String> seen = new HashSet<>();
    for (Mount m : mounts.values()) {
      for (Io device : io) {
        if (device.device().equals(m.device())
            && isData(m.mountPoint())
            && seen.size() < MAX_MOUNTS
            && seen.add(m.mountPoint())) {
          disk(c, m, device);
        }
      }
    }
  }

  private void disk(Container c, Mount m, Io device) {
    String[] labels = {
      "mount_point",
      m.mountPoint(),
      "device",
      m.device(),
      "volume",
      ContainerNames.volume(m.source())
    };
    double[] values = {device.reads(), device.writes(), device.read(), device.written()};
    for (int i = 0; i < IO.length; i++) {
      counter(c, DISK + IO[i], "Use of the device below a mount.", values[i], labels);
    }
    DiskSizes.Size size = sizes.of(c.processes.firstKey(), m);
    if (size != null) {
      gauge(c, DISK + "size_bytes", "Size of the file system.", size.total(), labels);
      gauge(c, DISK + "used_bytes", "Used part of the file system.", size.used(), labels);
      gauge(
          c,
          DISK + "reserved_bytes",
          "Free part of the file system that only the superuser may use.",
          size.reserved(),
          labels);
    }
  }

  /** Whether a mount counts as container storage; files mounted by the runtime do not. */
  private static boolean isData(String mountPoint) {
    return !mountPoint.startsWith("/etc/") && !mountPoint.startsWith("/dev/");
  }

  private void counter(Container c, String name, String help, double value, String... labels) {
    add(c, name, MetricType.COUNTER, help, value, labels);
  }

  private void gauge(Container c, String name, String help, double value, String... labels) {
    add(c, name, MetricType.GAUGE, help, value, labels);
  }

  private void add(
      Container c, String name, MetricType type, String help, double value, String... labels) {
    LabelsBuilder b = Labels.of(labels).toBuilder();
    b.set("container_id", c.id);
    b.set("app_id", c.appId);
    families
        .computeIfAbsent(name, n -> new Family(type, help, new ArrayList<>()))
        .metrics
        .add(new Metric(b.build(), value));
  }
}
