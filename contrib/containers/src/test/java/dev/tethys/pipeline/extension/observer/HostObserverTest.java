package dev.tethys.pipeline.extension.observer;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.host.HostPaths;
import dev.tethys.collect.host.HostReadings;
import dev.tethys.collect.host.linux.HostFiles;
import dev.tethys.pipeline.receiver.LogCapture;
import dev.tethys.pipeline.receiver.endpoint.Endpoint;
import dev.tethys.pipeline.receiver.endpoint.EndpointKind;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Observer of this machine, and of simulated ones. */
@Timeout(60)
class HostObserverTest {
  private final Map<String, Endpoint> known = new ConcurrentHashMap<>();
  private @Nullable HostObserver observer;
  @TempDir Path folder;

  @AfterEach
  void end() {
    if (observer != null) {
      observer.stop(Duration.ofSeconds(1));
    }
  }

  private void start(String procfs) {
    HostPaths d = HostPaths.DEFAULT;
    HostObserver o =
        new HostObserver(
            Duration.ofMillis(10),
            HostFiles.readings(
                new HostReadings.Sources(
                    new HostPaths(procfs, d.sysfs(), d.rootfs(), d.udevData()), "/etc", null),
                Duration.ZERO),
            "extension host_observer",
            "host_observer",
            Thread::sleep);
    observer = o;
    o.start();
    o.follow(
        (now, gone) -> {
          now.forEach(e -> known.put(e.id(), e));
          gone.forEach(known::remove);
        });
  }

  @Test
  void findsAPortWhileAProcessListens() throws Exception {
    assumeTrue(Files.isReadable(Path.of("/proc/net/tcp")), "the kernel shows no /proc/net/tcp");
    InetAddress here = InetAddress.getByName("127.0.0.1");
    long pid = ProcessHandle.current().pid();
    start("/proc");
    String tcp;
    String udp;
    try (ServerSocket s = new ServerSocket(0, 1, here);
        DatagramSocket d = new DatagramSocket(new InetSocketAddress(here, 0));
        Socket connected = new Socket(here, s.getLocalPort())) {
      tcp = "(host_observer)127.0.0.1-" + s.getLocalPort() + "-TCP-" + pid;
      udp = "(host_observer)127.0.0.1-" + d.getLocalPort() + "-UDP-" + pid;
      await(() -> known.containsKey(tcp) && known.containsKey(udp));
      Endpoint e = Objects.requireNonNull(known.get(tcp));
      assertThat(e.kind()).isEqualTo(EndpointKind.HOST_PORT);
      assertThat(e.target()).isEqualTo("127.0.0.1:" + s.getLocalPort());
      assertThat(e.values().get("port")).isEqualTo((long) s.getLocalPort());
      assertThat(e.values().get("process_name")).isEqualTo("java");
      assertThat(String.valueOf(e.values().get("command"))).contains("java");
      assertThat(e.values().get("is_ipv6")).isIn(true, false); // Java's sockets may be dual-stack
      assertThat(java.util.stream.IntStream.range(0, e.values().size()).mapToObj(e.values()::key))
          .containsExactlyInAnyOrderElementsOf(e.kind().fields().fields().keySet());
      // A connection is not a listening port.
      assertThat(known)
          .doesNotContainKey(tcp.replace("" + s.getLocalPort(), "" + connected.getLocalPort()));
    }
    await(() -> !known.containsKey(tcp) && !known.containsKey(udp));
  }

  /** Writes a file atomically, because a running observer could read half of it. */
  private void write(String name, String text) throws IOException {
    Path p = folder.resolve(name);
    Files.createDirectories(p.getParent());
    Path written = Files.writeString(folder.resolve("written"), text);
    Files.move(written, p, StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void parsesAddressesInTheKernelsFormat() throws Exception {
    assumeTrue(
        java.nio.ByteOrder.nativeOrder() == java.nio.ByteOrder.LITTLE_ENDIAN,
        "the tables written here are of a little-endian machine");
    String head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";
    write(
        "net/tcp",
        head
            + "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 11"
            + " 1\n"
            + "   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0  0 12"
            + " 1\n"
            + "   2: 0100007F:0016 0100007F:C350 01 00000000:00000000 00:00000000 00000000  0  0 13"
            + " 1\n");
    write(
        "net/tcp6",
        head
            + "   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A"
            + " 00000000:00000000 00:00000000 00000000  0  0 14 1\n"
            + "   1: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A"
            + " 00000000:00000000 00:00000000 00000000  0  0 15 1\n");
    write(
        "net/udp",
        head
            + "   0: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000  0  0 16"
            + " 2\n"
            + "   1: 0100007F:9C40 0100007F:0035 01 00000000:00000000 00:00000000 00000000  0  0 17"
            + " 2\n");
    Files.createDirectories(folder.resolve("5/stat")); // a process without readable status
    write(
        "7/stat",
        "7 (a-long-program-) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 0 0 0 0 0 0 0 0 0 0 0 0"
            + " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0");
    write("7/cmdline", "/usr/bin/a-long-program-of-ours\0--port\0008080\0");
    Files.createDirectories(folder.resolve("7/fd"));
    Files.createSymbolicLink(folder.resolve("7/fd/3"), Path.of("socket:[11]"));
    Files.createSymbolicLink(folder.resolve("7/fd/4"), Path.of("/dev/null"));
    start(folder.toString());
    await(() -> known.size() == 5);
    assertThat(known.keySet())
        .containsExactlyInAnyOrder(
            "(host_observer)127.0.0.1-8080-TCP-7",
            "(host_observer)127.0.0.1-22-TCP",
            "(host_observer)[::1]-443-TCP",
            "(host_observer)[2001:db8:0:0:0:0:0:1]-80-TCP",
            "(host_observer)127.0.0.1-53-UDP");
    Endpoint ours = Objects.requireNonNull(known.get("(host_observer)127.0.0.1-8080-TCP-7"));
    Endpoint any = Objects.requireNonNull(known.get("(host_observer)[::1]-443-TCP"));
    assertThat(ours.values().get("process_name")).isEqualTo("a-long-program-of-ours");
    assertThat(ours.values().get("command"))
        .isEqualTo("/usr/bin/a-long-program-of-ours --port 8080");
    assertThat(any.target()).isEqualTo("[::1]:443");
    assertThat(any.values().get("is_ipv6")).isEqualTo(true);
    // A file that cannot be read is logged, and the known state stays.
    try (LogCapture log = new LogCapture(HostObserver.class)) {
      write("net/tcp", head + "   0: 0100007F\n");
      await(() -> !log.all.isEmpty());
      assertThat(log.all.getFirst())
          .contains("extension host_observer: listening ports not read, keeping the previous ones");
      assertThat(known).hasSize(5);
    }
  }
}
