package dev.tethys.collect.observe.container;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads resource usage and limits of a cgroup: versions 1 and 2, and both on one machine. */
public final class CgroupResources {
  private static final double NANOS = 1e9;
  private static final double MICROS = 1e6;

  /** A limit of version 1 at or above this means none. */
  private static final long NO_LIMIT = 1L << 60;

  /** CPU usage; a limit of 0 means no limit. */
  public record Cpu(double limitCores, double usageSeconds, double throttledSeconds) {}

  /** Memory usage; a limit of 0 means no limit. */
  public record Memory(double rss, double cache, double limit) {}

  /** Use of a device, named {@code major:minor}. */
  public record Io(String device, double reads, double writes, double read, double written) {}

  /** Time during which some or all of the tasks were stalled. */
  public record Pressure(double some, double full) {}

  private final Path root;
  private final Path unified;

  /** Reads the hierarchies below a mount point, the unified one there or in {@code unified}. */
  public CgroupResources(Path root) {
    this(
        root,
        Files.isDirectory(root.resolve("unified"))
                && !Files.exists(root.resolve("cgroup.controllers"))
            ? root.resolve("unified")
            : root);
  }

  CgroupResources(Path root, Path unified) {
    this.root = root;
    this.unified = unified;
  }

  /** Number of a cgroup in the unified hierarchy, by which the kernel names it; 0 if unknown. */
  long number(Cgroup c) {
    String path = c.paths().get("");
    if (path == null || path.length() < 2) {
      return 0;
    }
    try {
      return Files.getAttribute(unified.resolve(path.substring(1)), "unix:ino") instanceof Long n
          ? n
          : 0;
    } catch (IOException | UnsupportedOperationException e) {
      return 0;
    }
  }

  /** CPU of a cgroup; null if it cannot be read. */
  public @Nullable Cpu cpu(Cgroup c) {
    Path usage = v1(c, "cpuacct", "cpuacct.usage");
    Path quota = v1(c, "cpu", "cpu.cfs_quota_us");
    if (usage != null || quota != null) {
      double limit = 0;
      double period = number(v1(c, "cpu", "cpu.cfs_period_us"));
      if (number(quota) > 0 && period > 0) {
        limit = number(quota) / period;
      }
      Path stat = v1(c, "cpu", "cpu.stat");
      double throttled = stat == null ? 0 : keyed(stat).getOrDefault("throttled_time", 0.0) / NANOS;
      return new Cpu(limit, Math.max(0, number(usage)) / NANOS, throttled);
    }
    Path stat = v2(c, "cpu.stat");
    if (stat == null) {
      return null;
    }
    Map<String, Double> values = keyed(stat);
    double limit = 0;
    Path max = v2(c, "cpu.max");
    String[] parts = max == null ? new String[0] : text(max).strip().split(" ");
    if (parts.length == 2 && !parts[0].equals("max")) {
      limit = parse(parts[0]) / Math.max(1, parse(parts[1]));
    }
    return new Cpu(
        limit,
        values.getOrDefault("usage_usec", 0.0) / MICROS,
        values.getOrDefault("throttled_usec", 0.0) / MICROS);
  }

  /** Memory of a cgroup; null if it cannot be read. */
  public @Nullable Memory memory(Cgroup c) {
    Path stat = v1(c, "memory", "memory.stat");
    if (stat != null) {
      Map<String, Double> v = keyed(stat);
      double limit = number(v1(c, "memory", "memory.limit_in_bytes"));
      return new Memory(
          total(v, "rss") + total(v, "mapped_file"),
          total(v, "cache"),
          limit >= NO_LIMIT ? 0 : Math.max(0, limit));
    }
    stat = v2(c, "memory.stat");
    if (stat == null) {
      return null;
    }
    Map<String, Double> v = keyed(stat);
    return new Memory(
        v.getOrDefault("anon", 0.0) + v.getOrDefault("file_mapped", 0.0),
        v.getOrDefault("file", 0.0),
        Math.max(0, number(v2(c, "memory.max"))));
  }

  private static double total(Map<String, Double> v, String name) {
    Double total = v.get("total_" + name);
    return total != null ? total : v.getOrDefault(name, 0.0);
  }

  /**
   * Processes of a cgroup killed because memory ran out, as the kernel counts; NaN when unknown.
   */
  public double oomKills(Cgroup c) {
    Path v1 = v1(c, "memory", "memory.oom_control");
    Path file = v1 != null ? v1 : v2(c, "memory.events");
    return file == null ? Double.NaN : keyed(file).getOrDefault("oom_kill", Double.NaN);
  }

  /** Use of devices by a cgroup. */
  public List<Io> io(Cgroup c) {
    Path operations = v1(c, "blkio", "blkio.throttle.io_serviced");
    Path bytes = v1(c, "blkio", "blkio.throttle.io_service_bytes");
    Map<String, double[]> devices = new LinkedHashMap<>();
    if (operations != null && bytes != null) {
      throttled(operations, devices, 0);
      throttled(bytes, devices, 2);
    } else {
      Path stat = v2(c, "io.stat");
      if (stat != null) {
        stat(stat, devices);
      }
    }
    List<Io> out = new ArrayList<>();
    devices.forEach((d, v) -> out.add(new Io(d, v[0], v[1], v[2], v[3])));
    return out;
  }

  private static void throttled(Path file, Map<String, double[]> devices, int at) {
    for (String line : text(file).lines().toList()) {
      String[] w = line.split(" ");
      if (w.length == 3 && (w[1].equals("Read") || w[1].equals("Write"))) {
        devices.computeIfAbsent(w[0], d -> new double[4])[at + (w[1].equals("Read") ? 0 : 1)] =
            parse(w[2]);
      }
    }
  }

  private static void stat(Path file, Map<String, double[]> devices) {
    for (String line : text(file).lines().toList()) {
      String[] w = line.split(" ");
      double[] v = new double[4];
      for (int i = 1; i < w.length; i++) {
        int eq = w[i].indexOf('=');
        double n = eq < 0 ? 0 : parse(w[i].substring(eq + 1));
        switch (eq < 0 ? "" : w[i].substring(0, eq)) {
          case "rios" -> v[0] = n;
          case "wios" -> v[1] = n;
          case "rbytes" -> v[2] = n;
          case "wbytes" -> v[3] = n;
          default -> {
            // Discards.
          }
        }
      }
      if (w.length > 1) {
        devices.put(w[0], v);
      }
    }
  }

  /**
   * Pressure of version 2; null if the kernel or the hierarchy has none.
   *
   * @param resource cpu, memory or io
   */
  public @Nullable Pressure pressure(Cgroup c, String resource) {
    Path file = v2(c, resource + ".pressure");
    if (file == null) {
      return null;
    }
    double some = 0;
    double full = 0;
    for (String line : text(file).lines().toList()) {
      int total = line.indexOf("total=");
      if (total >= 0) {
        double seconds = parse(line.substring(total + 6).strip()) / MICROS;
        if (line.startsWith("some")) {
          some = seconds;
        } else {
          full = seconds;
        }
      }
    }
    return new Pressure(some, full);
  }

  /** File of a version 1 hierarchy; the root's values are those of the host. */
  private @Nullable Path v1(Cgroup c, String controller, String name) {
    String path = c.paths().get(controller);
    if (path == null || path.equals("/")) {
      return null;
    }
    Path file = root.resolve(controller).resolve(path.substring(1)).resolve(name);
    return Files.exists(file) ? file : null;
  }

  private @Nullable Path v2(Cgroup c, String name) {
    String path = c.paths().get("");
    if (path == null || path.equals("/") || !path.startsWith("/")) {
      return null;
    }
    Path file = unified.resolve(path.substring(1)).resolve(name);
    return Files.exists(file) ? file : null;
  }

  private static double number(@Nullable Path file) {
    return file == null ? -1 : parse(text(file).strip());
  }

  private static Map<String, Double> keyed(Path file) {
    Map<String, Double> out = new LinkedHashMap<>();
    for (String line : text(file).lines().toList()) {
      int space = line.indexOf(' ');
      if (space > 0) {
        out.put(line.substring(0, space), parse(line.substring(space + 1).strip()));
      }
    }
    return out;
  }

  private static double parse(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return 0; // "max" and what a newer kernel may write
    }
  }

  /** Content of a file, empty if the cgroup has just been removed. */
  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return "";
    }
  }
}
