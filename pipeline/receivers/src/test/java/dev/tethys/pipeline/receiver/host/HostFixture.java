package dev.tethys.pipeline.receiver.host;

import dev.tethys.collect.host.HostProcess;
import dev.tethys.collect.host.HostReadings;
import dev.tethys.collect.host.linux.HostFiles;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Node_exporter's host fixture as a root directory, with files that its collectors do not read. */
final class HostFixture {
  /** btime of the fixture's /proc/stat. */
  static final long BOOT = 1418183276L;

  final Path root;

  /** Of the receiver made last. */
  Registry registry = new Registry();

  HostFixture(Path root) throws IOException {
    this.root = root;
    Path from = Shared.conformance("node_exporter/fixtures/proc");
    try (Stream<Path> s = Files.walk(from)) {
      for (Path p : (Iterable<Path>) s::iterator) {
        Path target = root.resolve("proc").resolve(from.relativize(p).toString());
        if (Files.isDirectory(p)) {
          Files.createDirectories(target);
        } else {
          Files.copy(p, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    write("proc/uptime", "350735.47 234388.90\n");
    write("proc/filesystems", "nodev\tsysfs\nnodev\ttmpfs\n\text4\n\txfs\nnodev\tzfs\n");
    write(
        "proc/1/mountinfo",
        """
        24 29 0:22 / /sys rw,nosuid shared:7 - sysfs sysfs rw
        29 1 259:2 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
        30 29 259:3 / /gone ro,relatime shared:2 - xfs /dev/sdb1 rw
        31 29 0:44 / /tmp rw shared:3 - tmpfs tmpfs rw
        32 29 259:2 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=remount-ro
        """);
    Files.createDirectories(root.resolve("tmp"));
    write(
        "proc/net/dev",
        """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo: 100 1 2 3 0 0 0 0 101 5 6 7 0 0 0 0
          eth0:9000000000 11 12 13 0 0 0 0 200 15 16 17 0 0 0 0
        """);
    write(
        "proc/net/tcp",
        """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0500000A:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2740 1 ffff88003d3af3c0 100 0 0 10 0
           1: 00000000:0016 00000000:0000 01 00000015:00000001 00:00000000 00000000     0        0 2740 1 ffff88003d3af3c0 100 0 0 10 0
           2: 00000000:0016 00000000:0000 01 00000015:00000001 00:00000000 00000000     0        0 2740 1 ffff88003d3af3c0 100 0 0 10 0
        """);
    write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/var/www:/bin/sh\n");
  }

  /** Writes a file of the host. */
  void write(String path, String text) throws IOException {
    Path p = root.resolve(path);
    Files.createDirectories(Objects.requireNonNull(p.getParent()));
    Files.writeString(p, text);
  }

  /** A process that runs since 100 s after the start of the host. */
  void process(int pid, String name, String arguments, long user) throws IOException {
    String at = "proc/" + pid + "/";
    write(
        at + "stat",
        pid
            + " ("
            + name
            + ") S 7 1 1 0 -1 4194560 5000 0 60 0 250 125 0 0 20 0 3 0 10000 0 0"
            + " 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 75 0 0 0 0 0 0 0 0 0 0\n");
    write(at + "statm", "2000 500 100 1 0 300 0\n");
    write(
        at + "status",
        "Name:\t"
            + name
            + "\nUid:\t"
            + user
            + "\t0\t0\t0\nSigPnd:\t0000000000000000\n"
            + "ShdPnd:\t0000000000000005\n"
            + "voluntary_ctxt_switches:\t12\nnonvoluntary_ctxt_switches:\t4\n");
    write(
        at + "io",
        "rchar: 1\nwchar: 2\nsyscr: 30\nsyscw: 40\nread_bytes: 4096\nwrite_bytes: 8192\n"
            + "cancelled_write_bytes: 0\n");
    write(at + "cmdline", arguments.replace(' ', '\0'));
    write(at + "cgroup", "0::/system.slice/web.service\n");
    for (int task : new int[] {pid, pid + 1}) {
      write(
          at + "task/" + task + "/status",
          "voluntary_ctxt_switches:\t10\nnonvoluntary_ctxt_switches:\t3\n");
    }
    write(at + "fd/0", "");
    write(at + "fd/1", "");
    if (!arguments.isEmpty()) {
      Files.createSymbolicLink(root.resolve(at + "exe"), Path.of("/usr/sbin/" + name));
    }
  }

  /** A receiver of this host. */
  HostMetricsReceiver receiver(String yaml) {
    return receiver(yaml, Map.of(), h -> h);
  }

  /** Receiver for modified readings of this host. */
  HostMetricsReceiver receiver(
      String yaml, Map<Signal, Consumer> outputs, UnaryOperator<HostReadings> readings) {
    registry = new Registry();
    HostMetricsReceiverFactory factory = new HostMetricsReceiverFactory("1.2.3", _ -> null);
    HostMetricsReceiverFactory.Settings s =
        TestPipeline.read(factory.settings(), "root_path: " + root + "\n" + yaml);
    return new HostMetricsReceiver(
        s,
        "1.2.3",
        () ->
            readings.apply(
                HostFiles.readings(
                    factory.sources(s.rootPath()), HostMetricsReceiver.timeLimit(s))),
        outputs,
        "receiver host_metrics",
        "host_metrics",
        registry);
  }

  /** The same with calls, selected by name, that may fail. */
  static <T> T failing(Class<T> type, T of, Function<String, @Nullable Throwable> failure) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, args) -> {
              Throwable t = failure.apply(method.getName());
              if (t != null) {
                throw t;
              }
              Object result;
              try {
                result = method.invoke(of, args);
              } catch (InvocationTargetException e) {
                throw Objects.requireNonNull(e.getCause());
              }
              return result instanceof HostProcess p
                  ? failing(HostProcess.class, p, failure)
                  : result;
            }));
  }

  /** Metrics of a receiver with only this scraper. */
  MetricsData look(String scraper) {
    return receiver("scrapers:\n  " + scraper.indent(2).stripLeading()).gather();
  }

  /** Metrics by their names; with several resources those of the last. */
  static Map<String, Metric> metrics(MetricsData data) {
    Map<String, Metric> out = new TreeMap<>();
    for (ResourceGroup<Metric> r : data.resources()) {
      r.scopes().forEach(s -> s.items().forEach(m -> out.put(m.name(), m)));
    }
    return out;
  }

  static List<NumberDataPoint> points(MetricsData data, String metric) {
    Metric m = metrics(data).get(metric);
    return m == null || m.data() == null
        ? List.of()
        : m.data().points().stream().map(NumberDataPoint.class::cast).toList();
  }

  /** The values of a metric by those of its attributes, joined by blanks. */
  static Map<String, Double> values(MetricsData data, String metric) {
    Map<String, Double> out = new TreeMap<>();
    for (NumberDataPoint p : points(data, metric)) {
      StringBuilder key = new StringBuilder();
      p.attributes().forEach((k, v) -> key.append(key.isEmpty() ? "" : " ").append(v));
      out.put(key.toString(), p.doubleValue());
    }
    return out;
  }

  /** The only value of a metric without attributes. */
  static double value(MetricsData data, String metric) {
    return value(values(data, metric), "");
  }

  /** A value that must be there. */
  static double value(Map<String, Double> values, String key) {
    return Objects.requireNonNull(values.get(key), key);
  }

  /** The points of a metric. */
  static List<? extends DataPoint> points(Metric m) {
    return Objects.requireNonNull(m.data()).points();
  }
}
