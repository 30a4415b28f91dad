package dev.tethys.pipeline.receiver.host;

import static dev.tethys.pipeline.receiver.host.HostFixture.points;
import static dev.tethys.pipeline.receiver.host.HostFixture.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.collect.host.HostReadings;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Metrics of node_exporter's host fixture. */
class HostScrapersTest {
  @TempDir Path folder;
  private HostFixture host;

  @BeforeEach
  void unpack() throws IOException {
    host = new HostFixture(folder);
  }

  @Test
  void readsCpu() {
    MetricsData data = host.look("cpu:");
    Map<String, Double> v = values(data, "system.cpu.time");
    assertThat(v).containsEntry("cpu0 user", 444.90).containsEntry("cpu0 interrupt", 0.01);
    assertThat(v).containsEntry("cpu0 wait", 2.20).containsEntry("cpu1 softirq", 0.46);
    assertThat(v.keySet()).filteredOn(k -> k.startsWith("cpu0")).hasSize(8);
    assertThat(points(data, "system.cpu.time"))
        .allMatch(p -> p.startTimeUnixNano() == HostFixture.BOOT * 1_000_000_000);
  }

  @Test
  void cpuUtilizationCoversTheLastInterval() throws IOException {
    HostMetricsReceiver r =
        host.receiver("scrapers: {cpu: {metrics: {system.cpu.utilization: {enabled: true}}}}");
    host.write("proc/stat", "cpu0 100 0 0 900 0 0 0 0 0 0\nbtime 1\n");
    assertThat(points(r.gather(), "system.cpu.utilization")).isEmpty();
    // Guest time is part of user and is not counted separately.
    host.write("proc/stat", "cpu0 130 0 10 960 0 0 0 0 30 0\nbtime 1\n");
    Map<String, Double> v = values(r.gather(), "system.cpu.utilization");
    assertThat(v.get("cpu0 user")).isCloseTo(0.3, within(1e-9));
    assertThat(v.get("cpu0 idle")).isCloseTo(0.6, within(1e-9));
    assertThat(v.values().stream().mapToDouble(d -> d).sum()).isCloseTo(1, within(1e-9));
  }

  @Test
  void cpuTimeDecreasesOnlyAfterARestart() throws IOException {
    HostMetricsReceiver r =
        host.receiver("scrapers: {cpu: {metrics: {system.cpu.utilization: {enabled: true}}}}");
    host.write("proc/stat", "cpu0 100 0 0 900 50 0 0 0 0 0\nbtime 1\n");
    r.gather();
    // the kernel corrected idle and I/O wait time downwards
    host.write("proc/stat", "cpu0 130 0 10 890 20 0 0 0 0 0\nbtime 1\n");
    MetricsData data = r.gather();
    assertThat(values(data, "system.cpu.time"))
        .containsEntry("cpu0 user", 1.3)
        .containsEntry("cpu0 idle", 9.0)
        .containsEntry("cpu0 wait", 0.5);
    Map<String, Double> v = values(data, "system.cpu.utilization");
    assertThat(v)
        .containsEntry("cpu0 idle", 0.0)
        .containsEntry("cpu0 wait", 0.0)
        .hasEntrySatisfying("cpu0 user", u -> assertThat(u).isCloseTo(0.75, within(1e-9)));
    host.write("proc/stat", "cpu0 5 0 0 7 0 0 0 0 0 0\nbtime 1\n"); // plugged out and in
    data = r.gather();
    assertThat(values(data, "system.cpu.time"))
        .containsEntry("cpu0 user", 0.05)
        .containsEntry("cpu0 idle", 0.07);
    assertThat(values(data, "system.cpu.utilization")).isEmpty();
  }

  @Test
  void sumsPointsWithoutAnAttribute() throws IOException {
    host.write("proc/stat", "cpu0 100 0 0 900 0 0 0 0 0 0\ncpu1 300 0 0 0 0 0 0 0 0 0\nbtime 1\n");
    MetricsData data = host.look("cpu: {metrics: {system.cpu.time: {attributes: [state]}}}");
    assertThat(values(data, "system.cpu.time")).containsEntry("user", 4.0).hasSize(8);
    data =
        host.look(
            "cpu: {metrics: {system.cpu.time: {attributes: [state], aggregation_strategy: avg}}}");
    assertThat(values(data, "system.cpu.time")).containsEntry("user", 2.0);
    data =
        host.look(
            "cpu: {metrics: {system.cpu.time: {attributes: [state], aggregation_strategy: min}}}");
    assertThat(values(data, "system.cpu.time")).containsEntry("user", 1.0);
    data = host.look("cpu: {metrics: {system.cpu.time: {attributes: []}}}");
    assertThat(values(data, "system.cpu.time")).isEqualTo(Map.of("", 13.0));
  }

  @Test
  void addsTheTopologyOfCpus() throws IOException {
    host.write("proc/stat", "cpu0 100 0 0 900 0 0 0 0 0 0\nbtime 1\n");
    MetricsData data =
        host.look(
            """
            cpu:
              metrics:
                system.cpu.time: {attributes: [host.cpu.socket.id, host.cpu.core.id, state]}
                system.cpu.frequency: {enabled: true}
            """);
    assertThat(values(data, "system.cpu.time")).containsEntry("user 0 0", 1.0);
    assertThat(values(data, "system.cpu.frequency")).containsEntry("cpu0", 799998000.0);
  }

  @Test
  void readsDisks() {
    MetricsData data = host.look("disk: {include: {match_type: regexp, devices: ['^sda$']}}");
    assertThat(values(data, "system.disk.io"))
        .isEqualTo(Map.of("sda read", 1003346126.0 * 512, "sda write", 505697032.0 * 512));
    assertThat(values(data, "system.disk.operations"))
        .isEqualTo(Map.of("sda read", 25354637.0, "sda write", 28444756.0));
    assertThat(values(data, "system.disk.merged"))
        .isEqualTo(Map.of("sda read", 34367663.0, "sda write", 11134226.0));
    assertThat(values(data, "system.disk.operation_time"))
        .isEqualTo(Map.of("sda read", 18492.372, "sda write", 63877.96));
    assertThat(values(data, "system.disk.io_time")).isEqualTo(Map.of("sda", 9653.88));
    assertThat(values(data, "system.disk.weighted_io_time")).isEqualTo(Map.of("sda", 82621.804));
    assertThat(values(data, "system.disk.pending_operations")).isEqualTo(Map.of("sda", 0.0));
    assertThat(
            values(
                host.look(
                    "disk: {include: {match_type: regexp, devices: [^sda]},"
                        + " exclude: {match_type: strict, devices: [sda1, sda2, sda3, sda4]}}"),
                "system.disk.io_time"))
        .containsOnlyKeys("sda");
  }

  @Test
  void readsLoad() {
    MetricsData data = host.look("load:");
    assertThat(values(data, "system.cpu.load_average.1m")).isEqualTo(Map.of("", 0.21));
    assertThat(values(data, "system.cpu.load_average.15m")).isEqualTo(Map.of("", 0.39));
    data = host.look("load: {cpu_average: true}"); // over eight CPUs
    assertThat(values(data, "system.cpu.load_average.5m")).isEqualTo(Map.of("", 0.37 / 8));
  }

  @Test
  void computesAvailableMemoryOnOldKernels() {
    MetricsData data = host.look("memory: {metrics: {system.memory.utilization: {enabled: true}}}");
    Map<String, Double> v = values(data, "system.memory.usage");
    double cached = 930888 + 44772;
    assertThat(v).containsEntry("free", 225472.0 * 1024).containsEntry("cached", cached * 1024);
    assertThat(v).containsEntry("buffered", 22040.0 * 1024);
    assertThat(v).containsEntry("slab_reclaimable", 44772.0 * 1024);
    assertThat(v).containsEntry("slab_unreclaimable", 54160.0 * 1024);
    double used = 3742148 - 225472 - 22040 - cached;
    assertThat(v).containsEntry("used", used * 1024).hasSize(6);
    assertThat(values(data, "system.memory.utilization"))
        .containsEntry("used", used * 1024 / (3742148.0 * 1024));
  }

  @Test
  void readsFileSystemsWithADevice() {
    MetricsData data =
        host.look("filesystem: {metrics: {system.filesystem.utilization: {enabled: true}}}");
    Map<String, Double> v = values(data, "system.filesystem.usage");
    String place = "/dev/sda1 rw / ext4";
    assertThat(v).containsOnlyKeys(place + " used", place + " free", place + " reserved");
    double used = HostFixture.value(v, place + " used");
    double free = HostFixture.value(v, place + " free");
    assertThat(values(data, "system.filesystem.utilization"))
        .isEqualTo(Map.of(place, used / (used + free)));
    // The other one is missing; that is logged and affects nothing else.
    assertThat(counter("otelcol_scraper_scraped_metric_points_total", "filesystem")).isEqualTo(6);
  }

  @Test
  void filtersFileSystems() {
    assertThat(
            values(
                host.look(
                    """
                    filesystem:
                      include_virtual_filesystems: true
                      include_fs_types: {match_type: strict, fs_types: [tmpfs, ext4]}
                      exclude_devices: {match_type: regexp, devices: [^/dev/]}
                      exclude_mount_points: {match_type: strict, mount_points: [/nowhere]}
                    """),
                "system.filesystem.usage"))
        .containsOnlyKeys(
            "tmpfs rw /tmp tmpfs used", "tmpfs rw /tmp tmpfs free", "tmpfs rw /tmp tmpfs reserved");
  }

  @Test
  void readsNetwork() {
    MetricsData data =
        host.look(
            """
            network:
              exclude: {interfaces: [lo], match_type: strict}
              metrics:
                system.network.conntrack.count: {enabled: true}
                system.network.conntrack.max: {enabled: true}
            """);
    assertThat(values(data, "system.network.io"))
        .isEqualTo(Map.of("eth0 receive", 9000000000.0, "eth0 transmit", 200.0));
    assertThat(values(data, "system.network.packets"))
        .isEqualTo(Map.of("eth0 receive", 11.0, "eth0 transmit", 15.0));
    assertThat(values(data, "system.network.errors"))
        .isEqualTo(Map.of("eth0 receive", 12.0, "eth0 transmit", 16.0));
    assertThat(values(data, "system.network.dropped"))
        .isEqualTo(Map.of("eth0 receive", 13.0, "eth0 transmit", 17.0));
    assertThat(values(data, "system.network.connections"))
        .hasSize(11)
        .containsEntry("tcp ESTABLISHED", 2.0)
        .containsEntry("tcp LISTEN", 1.0)
        .containsEntry("tcp FIN_WAIT1", 0.0);
    assertThat(values(data, "system.network.conntrack.count")).isEqualTo(Map.of("", 123.0));
    assertThat(values(data, "system.network.conntrack.max")).isEqualTo(Map.of("", 65536.0));
  }

  @Test
  void readsPaging() {
    MetricsData data = host.look("paging: {metrics: {system.paging.utilization: {enabled: true}}}");
    assertThat(values(data, "system.paging.usage"))
        .isEqualTo(
            Map.of("/dev/zram0 used", 76.0 * 1024, "/dev/zram0 free", (8388604.0 - 76) * 1024));
    assertThat(values(data, "system.paging.utilization"))
        .containsEntry("/dev/zram0 used", 76 / 8388604.0);
    assertThat(values(data, "system.paging.operations"))
        .isEqualTo(
            Map.of(
                "page_in major", 1476.0,
                "page_out major", 35045.0,
                "page_in minor", 7344136.0,
                "page_out minor", 1541180581.0));
    assertThat(values(data, "system.paging.faults"))
        .isEqualTo(Map.of("major", 507162.0, "minor", 2320168809.0 - 507162));
  }

  @Test
  void readsProcesses() throws IOException {
    host.process(4242, "nginx", "/usr/sbin/nginx", 33);
    MetricsData data = host.look("processes:");
    assertThat(values(data, "system.processes.created")).isEqualTo(Map.of("", 26442.0));
    Map<String, Double> v = values(data, "system.processes.count");
    assertThat(v).containsEntry("running", 2.0).containsEntry("blocked", 0.0);
    assertThat(v.get("sleeping")).isGreaterThanOrEqualTo(2);
  }

  @Test
  void readsUptime() {
    assertThat(values(host.look("system:"), "system.uptime")).isEqualTo(Map.of("", 350735.0));
  }

  @Test
  void readsNfs() {
    MetricsData data = host.look("nfs:");
    assertThat(values(data, "nfs.client.net.count")).isEqualTo(Map.of("udp", 70.0, "tcp", 69.0));
    assertThat(values(data, "nfs.client.rpc.count")).isEqualTo(Map.of("", 1218785755.0));
    assertThat(values(data, "nfs.client.procedure.count"))
        .containsEntry("3 GETATTR", 1061909262.0)
        .containsEntry("3 COMMIT", 23729.0)
        .hasSize(22);
    assertThat(values(data, "nfs.client.operation.count"))
        .containsEntry("4 NULL", 98.0)
        .containsEntry("4 READ", 51.0);
    assertThat(values(data, "nfs.server.repcache.requests"))
        .isEqualTo(Map.of("hit", 0.0, "miss", 6.0, "nocache", 18622.0));
    assertThat(values(data, "nfs.server.io"))
        .isEqualTo(Map.of("receive", 157286400.0, "transmit", 72864.0));
    assertThat(values(data, "nfs.server.rpc.count"))
        .isEqualTo(Map.of("format", 1.0, "auth", 2.0, "client", 0.0));
    assertThat(values(data, "nfs.server.procedure.count")).containsEntry("4 COMPOUND", 10853.0);
    assertThat(values(data, "nfs.server.operation.count"))
        .containsEntry("4 ACCESS", 1098.0)
        .containsEntry("4 PUTFH", 9609.0);
    assertThat(values(data, "nfs.server.thread.count")).isEqualTo(Map.of("", 8.0));
    assertThat(points(data, "nfs.client.procedure.count").getFirst().attributes().value(0))
        .isEqualTo(3L);
  }

  @Test
  void acceptsAHostThatIsOnlyAnNfsClient() throws IOException {
    Files.delete(folder.resolve("proc/net/rpc/nfsd"));
    assertThat(points(host.look("nfs:"), "nfs.client.rpc.count")).hasSize(1);
    assertThat(counter("otelcol_scraper_errored_metric_points_total", "nfs")).isZero();
    Files.delete(folder.resolve("proc/net/rpc/nfs"));
    host.look("nfs:");
    assertThat(counter("otelcol_scraper_errored_metric_points_total", "nfs")).isEqualTo(16);
  }

  @Test
  void reportsClientValuesBeforeAFailureOnce() {
    boolean[] broken = {true};
    HostMetricsReceiver r =
        host.receiver(
            "scrapers: {nfs: }",
            Map.of(),
            h ->
                HostFixture.failing(
                    HostReadings.class,
                    h,
                    call ->
                        broken[0] && call.equals("nfsServer") ? new ArithmeticException() : null));
    assertThat(r.gather().resources()).isEmpty();
    broken[0] = false;
    assertThat(points(r.gather(), "nfs.client.rpc.count")).hasSize(1);
  }

  @Test
  void missingFileAffectsOnlyItsScraper() throws IOException {
    Files.delete(folder.resolve("proc/meminfo"));
    Files.delete(folder.resolve("proc/vmstat"));
    MetricsData data = host.receiver("scrapers: {memory: , paging: , load: }").gather();
    assertThat(HostFixture.metrics(data).keySet())
        .containsExactlyInAnyOrder(
            "system.paging.usage",
            "system.cpu.load_average.1m",
            "system.cpu.load_average.5m",
            "system.cpu.load_average.15m");
    assertThat(counter("otelcol_scraper_errored_metric_points_total", "memory")).isEqualTo(1);
    assertThat(counter("otelcol_scraper_errored_metric_points_total", "paging")).isEqualTo(2);
    assertThat(counter("otelcol_scraper_scraped_metric_points_total", "load")).isEqualTo(3);
  }

  private double counter(String name, String scraper) {
    for (MetricFamily f : host.registry.gather()) {
      if (f.name().equals(name)) {
        for (MetricFamily.Metric m : f.metrics()) {
          if (scraper.equals(m.labels().get("scraper"))) {
            return ((MetricFamily.Value) m.point()).value();
          }
        }
      }
    }
    return Double.NaN;
  }

  @Test
  void onlyProcessesHaveResourceAttributes() {
    for (ResourceGroup<Metric> r :
        host.receiver("scrapers: {cpu: , load: }").gather().resources()) {
      assertThat(r.resource().attributes().size()).isZero();
    }
  }
}
