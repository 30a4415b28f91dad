package dev.tethys.collect.host.device;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.host.HostPaths;
import dev.tethys.collect.host.internal.HostFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers that a machine gives seldom, or not this one. */
class KernelAnswersTest {
  @Test
  void skipsCountersOfAResizedDriver() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment names = arena.allocate(12 + 3 * 32, 8);
      names.set(JAVA_INT, 8, 2);
      name(names, 12, "rx_bytes");
      name(names, 44, "tx-bytes");
      MemorySegment values = arena.allocate(8 + 3 * 8, 8);
      values.set(JAVA_INT, 4, 2);
      values.set(JAVA_LONG, 8, 5);
      values.set(JAVA_LONG, 16, 7);
      assertThat(EthtoolCollector.byName(names, values))
          .containsEntry("rx_bytes", 5L)
          .containsEntry("tx_bytes", 7L)
          .hasSize(2);
      values.set(JAVA_INT, 4, 3);
      assertThat(EthtoolCollector.byName(names, values)).isEmpty();
    }
  }

  private static void name(MemorySegment to, long at, String name) {
    byte[] b = name.getBytes(StandardCharsets.US_ASCII);
    MemorySegment.copy(b, 0, to, JAVA_BYTE, at, b.length);
  }

  /** perf_event.h's PERF_EVENT_IOC_ENABLE and _RESET, as each kind of processor encodes them. */
  @Test
  void encodesRequestsForTheProcessor() {
    assertThat(PerfCollector.request("amd64", 0)).isEqualTo(0x2400);
    assertThat(PerfCollector.request("aarch64", 3)).isEqualTo(0x2403);
    assertThat(PerfCollector.request("ppc64le", 0)).isEqualTo(0x2000_2400);
    assertThat(PerfCollector.request("ppc64le", 3)).isEqualTo(0x2000_2403);
  }

  @Test
  void listsProcessorsOfTheMachine(@TempDir Path sys) throws IOException {
    Path file = sys.resolve("devices/system/cpu/online");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "0-2,5\n");
    HostFiles files = new HostFiles(new HostPaths("/proc", sys.toString(), "/", "/run/udev/data"));
    assertThat(PerfCollector.online(files)).containsExactly(0, 1, 2, 5);
    Files.writeString(file, "all\n");
    assertThatThrownBy(() -> PerfCollector.online(files))
        .hasMessageContaining("invalid list of processors");
  }
}
