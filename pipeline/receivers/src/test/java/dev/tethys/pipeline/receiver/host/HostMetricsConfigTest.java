package dev.tethys.pipeline.receiver.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.host.HostReadings;
import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.receiver.TestPipeline;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reading of the Collector's configurations. */
class HostMetricsConfigTest {
  private static HostMetricsReceiverFactory.Settings read(String yaml) {
    return TestPipeline.read(new HostMetricsReceiverFactory("1").settings(), yaml);
  }

  /** The Collector's own test of its configuration has these. */
  @Test
  void readsAllKeysOfTheCollector() {
    HostMetricsReceiverFactory.Settings s =
        read(
            """
            collection_interval: 30s
            initial_delay: 2s
            timeout: 10s
            metadata_collection_interval: 1m
            scrapers:
              cpu:
              disk:
                include: {devices: [test1, test2], match_type: strict}
              load:
                cpu_average: true
              filesystem:
                include_virtual_filesystems: false
                include_devices: {devices: [a], match_type: strict, regexp: {cacheenabled: true, cachemaxnumentries: 10}}
                exclude_fs_types: {fs_types: [tmpfs], match_type: strict}
                exclude_mount_points: {mount_points: ['/var/lib/docker/.*'], match_type: regexp}
              memory:
              network:
                include: {interfaces: [test1], match_type: strict}
              processes:
              system:
              paging:
              nfs:
              process:
                include: {names: [test2, test3], match_type: regexp}
                mute_process_name_error: true
                mute_process_all_errors: false
                mute_process_exe_error: true
                mute_process_io_error: true
                mute_process_user_error: true
                mute_process_cgroup_error: true
                scrape_process_delay: 0s
            """);
    assertThat(s.pace().interval()).isEqualTo(Duration.ofSeconds(30));
    assertThat(s.pace().delay()).isEqualTo(Duration.ofSeconds(2));
    assertThat(s.pace().timeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(s.metadata()).isEqualTo(Duration.ofMinutes(1));
    assertThat(s.scrapers()).hasSize(11);
  }

  @Test
  void appliesDefaults() {
    HostMetricsReceiverFactory.Settings s = read("scrapers: {cpu: }");
    assertThat(s.pace().interval()).isEqualTo(Duration.ofMinutes(1));
    assertThat(s.pace().delay()).isEqualTo(Duration.ofSeconds(1));
    assertThat(s.pace().timeout()).isEqualTo(Duration.ZERO);
    assertThat(s.metadata()).isEqualTo(Duration.ofMinutes(5));
    assertThat(s.scrapers()).containsOnlyKeys("cpu");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "collection_interval: 10s | host_metrics requires scrapers",
        "scrapers: {} | host_metrics requires scrapers",
        "{scrapers: {cpu: }, collection_interval: 0s} | collection_interval must be",
        "{scrapers: {cpu: }, root_path: /no/such/root} | root_path: /no/such/root",
        "scrapers: {hardware: } | unknown key \"hardware\" in scrapers",
        "scrapers: {cpus: } | did you mean \"cpu\"",
        "scrapers: {cpu: {report_per_cpu: true}} | unknown key \"report_per_cpu\"",
        "scrapers: {cpu: {metrics: {system.cpu.tim: }}} | did you mean \"system.cpu.time\"",
        "scrapers: {cpu: {metrics: {system.cpu.time: {attributes: [core]}}}} | has no attribute \"core\"; it has cpu, state",
        "scrapers: {cpu: {metrics: {system.cpu.time: {aggregation_strategy: mean}}}} | aggregation strategy",
        "scrapers: {load: {metrics: {system.cpu.load_average.1m: {attributes: []}}}} | unknown key \"attributes\"",
        "scrapers: {disk: {include: {devices: [a]}}} | match_type must be strict or regexp",
        "scrapers: {disk: {include: {devices: [a], match_type: glob}}} | not \"glob\"",
        "scrapers: {disk: {include: {devices: ['('], match_type: regexp}}} | is not a valid regular expression",
        "scrapers: {process: {resource_attributes: {process.pid: {metrics_include: [{}]}}}} | either strict or regexp",
        "scrapers: {process: {scrape_process_delay: soon}} | not a valid duration",
      })
  void reportsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void readsFilesFromTheEnvironmentOrBelowTheRoot(@TempDir Path root) throws Exception {
    HostMetricsReceiverFactory plain = new HostMetricsReceiverFactory("1", _ -> null);
    HostReadings.Sources here = plain.sources("");
    assertThat(here.paths().procfs()).isEqualTo("/proc");
    assertThat(here.paths().rootfs()).isEqualTo("/");
    assertThat(plain.sources("/")).isEqualTo(here);

    HostReadings.Sources there = plain.sources(root.toString());
    assertThat(there.paths().procfs()).isEqualTo(root + "/proc");
    assertThat(there.paths().sysfs()).isEqualTo(root + "/sys");
    assertThat(there.paths().rootfs()).isEqualTo(root.toString());
    assertThat(there.etc()).isEqualTo("/etc"); // it does not exist below the root
    Files.createDirectory(root.resolve("etc"));
    Files.writeString(root.resolve("etc/passwd"), "");
    assertThat(plain.sources(root.toString()).etc()).isEqualTo(root + "/etc");

    Map<String, String> variables =
        Map.of("HOST_PROC", "/p", "HOST_SYS", "/s", "HOST_PROC_MOUNTINFO", "/m/1/mountinfo");
    HostReadings.Sources told =
        new HostMetricsReceiverFactory("1", variables::get).sources(root.toString());
    assertThat(told.paths().procfs()).isEqualTo("/p");
    assertThat(told.paths().sysfs()).isEqualTo("/s");
    assertThat(told.mounts()).isEqualTo("/m/1");
    assertThat(told.paths().rootfs()).isEqualTo("/");
  }
}
