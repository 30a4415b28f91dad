package dev.tethys.pipeline.receiver.host;

import static dev.tethys.pipeline.receiver.host.HostFixture.values;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.HostReadings;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.pipeline.receiver.scraping.Instrument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes of a host: their metrics, and the attributes that distinguish them. */
@Tag("slow")
class ProcessScraperTest {
  @TempDir Path folder;
  private HostFixture host;

  @BeforeEach
  void unpack() throws IOException {
    host = new HostFixture(folder);
    for (String other : new String[] {"1", "10", "11"}) {
      try (var files = Files.walk(folder.resolve("proc/" + other))) {
        for (Path p : files.sorted((a, b) -> b.compareTo(a)).toList()) {
          Files.delete(p);
        }
      }
    }
    host.process(4242, "nginx", "/usr/sbin/nginx -g daemon", 33);
  }

  private static List<Map<String, Object>> resources(MetricsData data) {
    List<Map<String, Object>> out = new ArrayList<>();
    for (ResourceGroup<Metric> r : data.resources()) {
      Map<String, Object> attributes = new TreeMap<>();
      r.resource().attributes().forEach(attributes::put);
      out.add(attributes);
    }
    return out;
  }

  private static List<Object> pids(MetricsData data) {
    return resources(data).stream().map(r -> r.get("process.pid")).toList();
  }

  private double errored() {
    for (MetricFamily f : host.registry.gather()) {
      if (f.name().equals("otelcol_scraper_errored_metric_points_total")) {
        return ((MetricFamily.Value) f.metrics().getFirst().point()).value();
      }
    }
    return -1;
  }

  @Test
  void createsAResourcePerProcessWithItsStart() {
    MetricsData data = host.look("process:");
    assertThat(resources(data))
        .containsExactly(
            Map.of(
                "process.pid", 4242L,
                "process.parent_pid", 7L,
                "process.executable.name", "nginx",
                "process.executable.path", "/usr/sbin/nginx",
                "process.command", "/usr/sbin/nginx",
                "process.command_line", "/usr/sbin/nginx -g daemon",
                "process.owner", "www"));
    assertThat(values(data, "process.cpu.time"))
        .isEqualTo(Map.of("user", 2.5, "system", 1.25, "wait", 0.75));
    assertThat(values(data, "process.disk.io")).isEqualTo(Map.of("read", 4096.0, "write", 8192.0));
    long page = (long) HostFixture.value(data, "process.memory.usage") / 500;
    assertThat(page).isIn(4096L, 16384L, 65536L);
    assertThat(values(data, "process.memory.virtual")).isEqualTo(Map.of("", 2000.0 * page));
    assertThat(HostFixture.points(data, "process.cpu.time"))
        .allMatch(p -> p.startTimeUnixNano() == (HostFixture.BOOT + 100) * 1_000_000_000);
  }

  @Test
  void emitsEnabledMetrics() throws IOException {
    StringBuilder yaml = new StringBuilder("process:\n  metrics:\n");
    for (Instrument i : ProcessScraper.INSTRUMENTS) {
      yaml.append("    " + i.name() + ": {enabled: true}\n");
    }
    MetricsData data = host.look(yaml.toString());
    assertThat(values(data, "process.context_switches"))
        .isEqualTo(Map.of("voluntary", 12.0, "involuntary", 4.0)); // of the first thread
    assertThat(values(data, "process.disk.operations"))
        .isEqualTo(Map.of("read", 30.0, "write", 40.0));
    assertThat(values(data, "process.open_file_descriptors")).isEqualTo(Map.of("", 2.0));
    assertThat(values(data, "process.paging.faults"))
        .isEqualTo(Map.of("minor", 5000.0, "major", 60.0));
    assertThat(values(data, "process.signals_pending")).isEqualTo(Map.of("", 2.0));
    assertThat(values(data, "process.threads")).isEqualTo(Map.of("", 3.0));
    assertThat(HostFixture.value(data, "process.memory.utilization")).isBetween(0.05, 1.0);
    assertThat(values(data, "process.cpu.utilization")).isEmpty();
    assertThat(HostFixture.value(data, "process.uptime")).isPositive();
  }

  @Test
  void filtersProcessesByName() throws IOException {
    host.process(5000, "redis-server", "redis-server *:6379", 0);
    host.process(6000, "a-very-long-nam", "/opt/a-very-long-name-of-a-program -x", 0);
    assertThat(pids(host.look("process: {include: {match_type: strict, names: [nginx]}}")))
        .containsExactly(4242L);
    assertThat(pids(host.look("process: {exclude: {match_type: regexp, names: ['^n']}}")))
        .containsExactly(5000L, 6000L);
    // The kernel keeps fifteen characters; the arguments have all of them.
    assertThat(
            resources(host.look("process: {include: {match_type: regexp, names: [of-a-program$]}}"))
                .getFirst())
        .containsEntry("process.executable.name", "a-very-long-name-of-a-program");
  }

  @Test
  void filtersAttributesAndProcessesByThem() throws IOException {
    host.process(5000, "redis-server", "redis-server *:6379", 0);
    assertThat(
            resources(
                host.look(
                    """
                    process:
                      resource_attributes:
                        process.cgroup: {enabled: true}
                        process.command: {enabled: false}
                        process.command_line: {enabled: false}
                        process.executable.path: {enabled: false}
                        process.parent_pid: {enabled: false}
                        process.owner: {metrics_include: [{strict: www}, {regexp: '^nobody'}]}
                    """)))
        .containsExactly(
            Map.of(
                "process.pid", 4242L,
                "process.executable.name", "nginx",
                "process.owner", "www",
                "process.cgroup", "0::/system.slice/web.service"));
    assertThat(
            pids(
                host.look(
                    """
                    process:
                      resource_attributes:
                        process.pid: {metrics_exclude: [{strict: "5000"}]}
                    """)))
        .containsExactly(4242L);
  }

  @Test
  void excludesYoungProcesses() throws IOException {
    long seconds = System.currentTimeMillis() / 1000;
    host.write("proc/stat", "cpu0 1 1 1 1\nbtime " + (seconds - 160) + "\n");
    // Both began 100 s after the start of the host: a minute ago.
    assertThat(pids(host.look("process: {scrape_process_delay: 30s}"))).containsExactly(4242L);
    assertThat(pids(host.look("process: {scrape_process_delay: 1h}"))).isEmpty();
  }

  @Test
  void handlesMissingValuesOfProcesses() throws IOException {
    host.process(2, "kthreadd", "", 0); // kernel thread: no executable, no error
    assertThat(pids(host.look("process:"))).containsExactly(2L, 4242L);
    assertThat(errored()).isZero();
    host.process(5000, "container", "sh", 123456); // of a user of some container
    MetricsData data = host.look("process:");
    assertThat(pids(data)).containsExactly(2L, 4242L, 5000L);
    assertThat(resources(data).get(2)).doesNotContainKey("process.owner");
  }

  @Test
  void doesNotCountMutedErrors() throws IOException {
    Path io = folder.resolve("proc/4242/io");
    Files.delete(io);
    Files.createDirectory(io); // cannot be read, for root either
    MetricsData data = host.look("process:");
    assertThat(values(data, "process.cpu.time")).hasSize(3);
    assertThat(values(data, "process.disk.io")).isEmpty();
    assertThat(errored()).isEqualTo(1);
    host.look("process: {mute_process_io_error: true}");
    assertThat(errored()).isZero();
    host.look("process: {mute_process_all_errors: true}");
    assertThat(errored()).isZero();
  }

  @Test
  void skipsAProcessThatEndsMeanwhile() throws IOException {
    Files.delete(folder.resolve("proc/4242/statm"));
    assertThat(host.look("process:").resources()).isEmpty();
    assertThat(errored()).isZero();
  }

  @Test
  void hiddenProcessAffectsOnlyItself() throws IOException {
    Files.createDirectories(folder.resolve("proc/300/stat")); // cannot be read, for root either
    assertThat(pids(host.look("process:"))).containsExactly(4242L);
    assertThat(errored()).isEqualTo(1);
    host.look("process: {mute_process_name_error: true}");
    assertThat(errored()).isZero();
    assertThat(values(host.look("processes:"), "system.processes.count"))
        .containsEntry("sleeping", 1.0)
        .containsKey("unknown");
  }

  @Test
  void doesNotAttributeValuesToAnotherProcess() throws IOException {
    boolean[] broken = {true};
    HostMetricsReceiver r =
        host.receiver(
            "scrapers: {process: }",
            Map.of(),
            h ->
                HostFixture.failing(
                    HostReadings.class,
                    h,
                    call -> broken[0] && call.equals("io") ? new ArithmeticException() : null));
    assertThat(r.gather().resources()).isEmpty();
    broken[0] = false;
    host.process(300, "redis-server", "redis-server *:6379", 0); // is read first
    MetricsData data = r.gather();
    assertThat(pids(data)).containsExactly(300L, 4242L);
    for (ResourceGroup<Metric> g : data.resources()) {
      assertThat(g.scopes().getFirst().items())
          .filteredOn(m -> m.name().equals("process.memory.usage"))
          .singleElement()
          .satisfies(m -> assertThat(HostFixture.points(m)).hasSize(1));
    }
  }

  @Test
  void utilizationCoversTheLastInterval() {
    HostMetricsReceiver r =
        host.receiver("scrapers: {process: {metrics: {process.cpu.utilization: {enabled: true}}}}");
    assertThat(values(r.gather(), "process.cpu.utilization")).isEmpty();
    assertThat(values(r.gather(), "process.cpu.utilization"))
        .isEqualTo(Map.of("user", 0.0, "system", 0.0, "wait", 0.0));
  }
}
