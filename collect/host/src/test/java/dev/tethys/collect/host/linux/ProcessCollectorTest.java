package dev.tethys.collect.host.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tethys.testkit.Exposition;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The process's own metrics agree with what the Java machine says of itself. */
final class ProcessCollectorTest {
  private static double value(Exposition e, String name) {
    return Objects.requireNonNull(e.samples(name).get(""), name);
  }

  @Test
  void reportsUsageOfTheProcess() {
    Exposition e = Exposition.of(new ProcessCollector());
    ProcessHandle.Info self = ProcessHandle.current().info();
    assertThat(value(e, "process_start_time_seconds"))
        .isCloseTo(self.startInstant().orElseThrow().getEpochSecond(), within(2.0));
    assertThat(value(e, "process_cpu_seconds_total"))
        .isCloseTo(self.totalCpuDuration().orElseThrow().toMillis() / 1000.0, within(2.0));
    assertThat(value(e, "process_resident_memory_bytes"))
        .isBetween(10e6, value(e, "process_virtual_memory_bytes"));
    assertThat(value(e, "process_open_fds")).isBetween(3.0, value(e, "process_max_fds"));
    assertThat(value(e, "process_network_receive_bytes_total")).isGreaterThanOrEqualTo(0);
    assertThat(e.families.keySet())
        .contains("process_virtual_memory_max_bytes", "process_network_transmit_bytes_total");
  }

  @Test
  void reportsUsageOfTheJvm() {
    Exposition e = Exposition.of(new ProcessCollector());
    Map<String, Double> used = e.samples("jvm_memory_used_bytes");
    assertThat(used.keySet()).containsExactlyInAnyOrder("area=\"heap\"", "area=\"nonheap\"");
    assertThat(used.values()).allMatch(v -> v > 1e6);
    assertThat(value(e, "jvm_threads_current")).isGreaterThan(1);
    assertThat(value(e, "jvm_classes_currently_loaded")).isGreaterThan(500);
    assertThat(e.families.keySet())
        .contains("jvm_memory_pool_used_bytes", "jvm_gc_collections_total", "jvm_runtime_info");
  }

  @Test
  void reportsTheJvmWithoutProc() {
    Exposition e = Exposition.of(new ProcessCollector("/nowhere"));
    assertThat(e.families.keySet()).allMatch(n -> n.startsWith("jvm_")).isNotEmpty();
  }
}
