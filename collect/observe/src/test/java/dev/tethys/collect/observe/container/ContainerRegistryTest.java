package dev.tethys.collect.observe.container;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import dev.tethys.collect.observe.connection.IpAddress;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.connection.PublishedPort;
import dev.tethys.collect.observe.process.TaskStatistics.Delays;
import dev.tethys.model.exposition.MetricFamily;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ContainerRegistryTest {
  private static final String ID =
      "73051af271105c07e1f493b34856a77e665e3b0b4fc72f76c807dfbffeb881bd";

  @TempDir Path folder;
  private long now = 1;

  private ContainerRegistry registry(Duration minAge, String... deny) throws IOException {
    return registry(minAge, ContainerRegistry.DelaySource.NONE, deny);
  }

  private ContainerRegistry registry(
      Duration minAge, ContainerRegistry.DelaySource delays, String... deny) throws IOException {
    Files.createDirectories(folder.resolve("proc"));
    return new ContainerRegistry(
        new ContainerOptions(
            folder.resolve("proc"),
            folder.resolve("cgroup"),
            folder,
            minAge,
            List.of(),
            Stream.of(deny).map(Pattern::compile).toList(),
            true),
        () -> now,
        delays);
  }

  private void process(int pid, long start, String cgroup, String commandLine) throws IOException {
    Path p = Files.createDirectories(folder.resolve("proc/" + pid));
    Files.writeString(p.resolve("cgroup"), "0::" + cgroup + "\n");
    Files.writeString(p.resolve("cmdline"), commandLine);
    Files.writeString(
        p.resolve("stat"), pid + " (a b) S" + " 0".repeat(18) + " " + start + " 0 0\n");
  }

  private void end(int pid) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("proc/" + pid))) {
      for (Path f : files.toList()) {
        Files.delete(f);
      }
    }
    Files.delete(folder.resolve("proc/" + pid));
  }

  private static List<String> metrics(ContainerRegistry r, String name) {
    List<String> out = new ArrayList<>();
    r.collect(
        f -> {
          if (f.name().equals(name)) {
            f.metrics()
                .forEach(
                    m ->
                        out.add(
                            m.labels().toMap() + " " + ((MetricFamily.Value) m.point()).value()));
          }
        });
    return out;
  }

  @Test
  void findsUnitsContainersAndProcesses() throws IOException {
    process(10, 100, "/system.slice/nginx.service", "nginx: master process\0");
    process(11, 100, "/docker/" + ID, "/usr/bin/redis-server\0*:6379\0");
    process(12, 100, "/user.slice/x", "/usr/bin/python3\0-u\0/srv/app.py\0");
    process(13, 100, "/", "");
    process(14, 100, "/system.slice/systemd-journald.service", "journald\0");
    ContainerRegistry r = registry(Duration.ZERO);
    r.scan();
    assertThat(r.ownerOf(0, 10)).isEqualTo(new Owner("/system.slice/nginx.service", ""));
    assertThat(r.ownerOf(0, 11)).isEqualTo(new Owner("/docker/73051af27110", ""));
    assertThat(r.ownerOf(0, 12)).isEqualTo(new Owner("/process/app.py", ""));
    assertThat(r.ownerOf(0, 13)).isNull();
    assertThat(r.ownerOf(0, 14)).isNull();
    assertThat(metrics(r, "container_application_type"))
        .contains(
            "{application_type=redis, container_id=/docker/73051af27110} 1.0",
            "{application_type=nginx, container_id=/system.slice/nginx.service} 1.0");
  }

  @Test
  void namesPodsFromKubeletLogs() throws IOException {
    Path logs = Files.createDirectories(folder.resolve("var/log/containers"));
    Files.writeString(logs.resolve("web-64cd4f9686-mvtnb_shop_app-" + ID + ".log"), "");
    process(20, 5, "/kubepods.slice/pod1.slice/cri-containerd-" + ID + ".scope", "app\0");
    ContainerRegistry r = registry(Duration.ZERO);
    r.scan();
    assertThat(r.ownerOf(0, 20))
        .isEqualTo(new Owner("/k8s/shop/web-64cd4f9686-mvtnb/app", "/k8s/shop/web"));
    assertThat(r.logFiles()).hasSize(1);
    // The environment is that at the start of the container's first process.
    Files.writeString(folder.resolve("proc/20/environ"), "A=b\0COROOT_LOG_MONITORING=disabled\0");
    ContainerRegistry another = registry(Duration.ZERO);
    another.scan();
    assertThat(another.logFiles()).isEmpty();
  }

  /** Of a process that ends, the kernel shows the root as its cgroup of version 1, no arguments. */
  @Test
  void endedProcessStaysInTheContainerOfItsFork() throws IOException {
    process(30, 5, "/system.slice/cron.service", "cron\0");
    ContainerRegistry r = registry(Duration.ZERO);
    r.scan();
    r.processForked(30, 31);
    process(31, 6, "/", "");
    Files.writeString(
        folder.resolve("proc/31/stat"),
        "31 (a b) R" + " 0".repeat(5) + " 4194308" + " 0".repeat(12) + " 6 0 0\n");
    r.processStarted(31);
    Owner cron = new Owner("/system.slice/cron.service", "");
    assertThat(r.ownerOf(0, 31)).isEqualTo(cron);
    r.processExited(31, false);
    assertThat(r.ownerOf(0, 31)).isEqualTo(cron);
  }

  @Test
  void usesTheTrueAgeOfEarlierProcesses() throws IOException {
    process(40, 100_000 - 3_100, "/user.slice/x", "/usr/bin/old\0");
    process(41, 100_000 - 2_900, "/user.slice/x", "/usr/bin/young\0");
    process(42, 100_000 - 3_100, "/system.slice/old.service", "a\0");
    process(43, 100_000 - 2_900, "/system.slice/young.service", "b\0");
    ContainerRegistry r = registry(Duration.ofSeconds(30));
    Files.writeString(folder.resolve("proc/uptime"), "1000.00 0.00\n");
    r.scan();
    assertThat(metrics(r, "container_info").toString())
        .contains("/process/old", "/system.slice/old.service")
        .doesNotContain("young");
  }

  /** Numbers of a process that runs. */
  private void uses(int pid, long start, int user, int system, int pages) throws IOException {
    String stat =
        "%d (a b) S%s %d %d%s %d 0 %d 0\n"
            .formatted(pid, " 0".repeat(10), user, system, " 0".repeat(6), start, pages);
    Files.writeString(folder.resolve("proc/" + pid + "/stat"), stat);
  }

  @Test
  void sumsUsageOfProcessesWithoutACgroup() throws IOException {
    process(30, 100, "/", "worker\0");
    process(31, 101, "/", "worker\0");
    uses(30, 100, 150, 50, 10);
    uses(31, 101, 100, 0, 5);
    ContainerRegistry r = registry(Duration.ZERO);
    r.scan();
    String labels = "{container_id=/process/worker} ";
    assertThat(metrics(r, "container_resources_cpu_usage_seconds_total"))
        .containsExactly(labels + 3.0);
    assertThat(metrics(r, "container_resources_memory_rss_bytes"))
        .containsExactly(labels + 15 * 4096.0);
    uses(30, 100, 250, 50, 20);
    end(31);
    now += Duration.ofSeconds(5).toNanos();
    r.scan();
    assertThat(metrics(r, "container_resources_cpu_usage_seconds_total"))
        .as("what an ended process used stays")
        .containsExactly(labels + 4.0);
    assertThat(metrics(r, "container_resources_memory_rss_bytes"))
        .containsExactly(labels + 20 * 4096.0);
    process(31, 900, "/", "worker\0");
    uses(31, 900, 100, 0, 1);
    now += Duration.ofSeconds(5).toNanos();
    r.scan();
    assertThat(metrics(r, "container_resources_cpu_usage_seconds_total"))
        .as("the number of a process was used again")
        .containsExactly(labels + 5.0);
  }

  /** Delays that the test sets. */
  private static final class Waiting implements ContainerRegistry.DelaySource {
    final Map<Integer, Delays> delays = new HashMap<>();
    boolean disks = true;

    @Override
    public @Nullable Delays of(int process) {
      return delays.get(process);
    }

    @Override
    public boolean measuresDisks() {
      return disks;
    }
  }

  @Test
  void sumsProcessDelaysAndKeepsThemAfterTheirEnd() throws IOException {
    String cpu = "container_resources_cpu_delay_seconds_total";
    String disk = "container_resources_disk_delay_seconds_total";
    Waiting waiting = new Waiting();
    process(30, 100, "/system.slice/a.service", "a\0");
    process(31, 101, "/system.slice/a.service", "a\0");
    process(40, 101, "/", "worker\0");
    waiting.delays.put(30, new Delays(2_000_000_000L, 1_000_000_000L));
    waiting.delays.put(31, new Delays(500_000_000L, 0));
    ContainerRegistry r = registry(Duration.ZERO, waiting);
    r.scan();
    String labels = "{container_id=/system.slice/a.service} ";
    assertThat(metrics(r, cpu)).as("the worker has none").containsExactly(labels + 2.5);
    assertThat(metrics(r, disk)).containsExactly(labels + 1.0);
    waiting.delays.put(30, new Delays(3_000_000_000L, 1_250_000_000L));
    waiting.delays.remove(31);
    end(31);
    now += Duration.ofSeconds(5).toNanos();
    r.scan();
    assertThat(metrics(r, cpu)).containsExactly(labels + 3.5);
    assertThat(metrics(r, disk)).containsExactly(labels + 1.25);
    process(31, 900, "/system.slice/a.service", "a\0");
    waiting.delays.put(31, new Delays(250_000_000L, 0));
    now += Duration.ofSeconds(5).toNanos();
    r.scan();
    assertThat(metrics(r, cpu))
        .as("the number of a process was used again")
        .containsExactly(labels + 3.75);
    waiting.disks = false;
    r.scan();
    assertThat(metrics(r, disk)).as("not measured is not 0").isEmpty();
    assertThat(metrics(r, cpu)).containsExactly(labels + 3.75);
  }

  @Test
  void reportsUsageAndSizeOfDisks() throws IOException {
    Path group = Files.createDirectories(folder.resolve("cgroup/system.slice/a.service"));
    Files.writeString(group.resolve("io.stat"), "8:1 rbytes=1 wbytes=2 rios=3 wios=4\n");
    process(10, 100, "/system.slice/a.service", "a\0");
    Files.writeString(
        folder.resolve("proc/10/mountinfo"),
        "36 35 8:1 / /data rw - ext4 /dev/sda1 rw\n37 35 8:9 / /other rw - ext4 /dev/sdb rw\n");
    Path data = Files.createDirectories(folder.resolve("proc/10/root/data"));
    ContainerRegistry r = registry(Duration.ZERO);
    r.scan();
    String labels = "{container_id=/system.slice/a.service, device=8:1, mount_point=/data} ";
    String prefix = "container_resources_disk_";
    assertThat(metrics(r, prefix + "reads_total")).containsExactly(labels + 3.0);
    assertThat(metrics(r, prefix + "size_bytes"))
        .containsExactly(labels + (double) data.toFile().getTotalSpace());
    assertThat(metrics(r, prefix + "used_bytes")).hasSize(1);
    assertThat(metrics(r, prefix + "reserved_bytes")).hasSize(1);
  }

  @Test
  void metricsComeFromTheCgroup() throws IOException {
    Path group = Files.createDirectories(folder.resolve("cgroup/system.slice/a.service"));
    Files.writeString(group.resolve("cpu.stat"), "usage_usec 2500000\nthrottled_usec 500000\n");
    Files.writeString(group.resolve("cpu.max"), "150000 100000\n");
    Files.writeString(group.resolve("memory.stat"), "anon 100\nfile 50\nfile_mapped 7\n");
    Files.writeString(group.resolve("memory.max"), "max\n");
    Files.writeString(group.resolve("memory.events"), "oom 2\noom_kill 3\n");
    process(10, 100, "/system.slice/a.service", "a\0");
    ContainerRegistry r = registry(Duration.ofSeconds(30));
    r.scan();
    assertThat(metrics(r, "container_info")).isEmpty();
    now += Duration.ofSeconds(30).toNanos();
    String labels = "{container_id=/system.slice/a.service} ";
    assertThat(metrics(r, "container_resources_cpu_usage_seconds_total"))
        .containsExactly(labels + 2.5);
    assertThat(metrics(r, "container_resources_cpu_limit_cores")).containsExactly(labels + 1.5);
    assertThat(metrics(r, "container_resources_memory_rss_bytes")).containsExactly(labels + 107.0);
    assertThat(metrics(r, "container_resources_memory_limit_bytes")).isEmpty();
    assertThat(metrics(r, "container_oom_kills_total")).containsExactly(labels + 3.0);
  }

  @Test
  void countsRestartsAndForgetsShortProcesses() throws IOException {
    ContainerRegistry r = registry(Duration.ZERO, "denied");
    process(10, 100, "/system.slice/a.service", "a\0");
    process(11, 100, "/system.slice/denied.service", "b\0");
    r.scan();
    for (int i = 0; i < 500; i++) {
      process(1000 + i, 200 + i, "/system.slice/a.service", "job\0");
      r.processStarted(1000 + i);
      end(1000 + i);
      r.processExited(1000 + i, false);
    }
    assertThat(r.size()).isEqualTo(1);
    assertThat(metrics(r, "container_restarts_total").getFirst()).endsWith(" 0.0");
    end(10);
    r.scan();
    process(12, 9000, "/system.slice/a.service", "a\0");
    r.scan();
    assertThat(metrics(r, "container_restarts_total").getFirst()).endsWith(" 1.0");
    r.processExited(12, true);
    assertThat(metrics(r, "container_oom_kills_total").getFirst()).endsWith(" 1.0");
    end(12);
    now += Duration.ofMinutes(11).toNanos();
    r.scan();
    assertThat(r.size()).isZero();
  }

  @Test
  void showsLongRunningProgramsOutsideContainers() throws IOException {
    ContainerRegistry r = registry(Duration.ofSeconds(30));
    process(40, 100, "/", "worker\0");
    for (int run = 0; run < 10; run++) {
      process(50 + run, 200 + run, "/", "/bin/cut\0-c1\0");
      r.scan();
      end(50 + run);
      now += Duration.ofSeconds(5).toNanos();
    }
    r.scan();
    assertThat(metrics(r, "container_info")).containsExactly("{container_id=/process/worker} 1.0");

    end(40);
    now += Duration.ofSeconds(5).toNanos();
    r.scan();
    assertThat(metrics(r, "container_info"))
        .as("what it used can still be read")
        .containsExactly("{container_id=/process/worker} 1.0");
  }

  @Test
  void programOutsideContainersHasRunsButNoRestarts() throws IOException {
    ContainerRegistry r = registry(Duration.ZERO);
    for (int i = 0; i < 3; i++) {
      process(100 + i, 100 + i, "/", "curl\0");
      r.processStarted(100 + i);
      end(100 + i);
      r.processExited(100 + i, false);
    }
    assertThat(metrics(r, "container_restarts_total").getFirst()).endsWith(" 0.0");
  }

  @Test
  void endedProcessStillOwnsItsLastEvents() throws IOException {
    ContainerRegistry r = registry(Duration.ZERO);
    process(100, 100, "/", "curl\0");
    r.processStarted(100);
    end(100);
    r.processExited(100, false);
    assertThat(r.ownerOf(0, 100)).isEqualTo(new Owner("/process/curl", ""));
    now += Duration.ofMinutes(1).toNanos();
    r.scan();
    assertThat(r.ownerOf(0, 100)).isNull();
  }

  @Test
  void childBelongsToTheContainerOfItsParentUntilItRunsAProgram() throws IOException {
    process(10, 100, "/system.slice/a.service", "a\0");
    ContainerRegistry r = registry(Duration.ZERO);
    r.scan();
    r.processForked(10, 11); // it ends before anything of it is read
    r.processExited(11, false);
    assertThat(r.ownerOf(0, 11)).isEqualTo(new Owner("/system.slice/a.service", ""));
    r.processForked(10, 12);
    process(12, 101, "/", "tool\0");
    r.processStarted(12);
    assertThat(r.ownerOf(0, 12)).isEqualTo(new Owner("/process/tool", ""));
  }

  @Test
  void identifiesEndedProcessByItsCgroup() throws IOException {
    Path group = Files.createDirectories(folder.resolve("cgroup/system.slice/a.service"));
    process(10, 100, "/system.slice/a.service", "a\0");
    ContainerRegistry r = registry(Duration.ZERO);
    r.scan();
    long number = (Long) Files.getAttribute(group, "unix:ino");
    assertThat(r.ownerOf(number, 999)).isEqualTo(new Owner("/system.slice/a.service", ""));
    assertThat(r.ownerOf(number + 1, 998)).isNull();
  }

  @Test
  void unresponsiveRuntimeBlocksNoEvent() throws Exception {
    Path run = Files.createDirectories(folder.resolve("run"));
    try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(run.resolve("docker.sock")));
      process(11, 100, "/docker/" + ID, "redis-server\0");
      ContainerRegistry r = registry(Duration.ZERO);
      // Nothing accepts the connection: whoever asks waits for the whole time.
      assertThat(r.ownerOf(0, 11)).isNull();
      assertThat(r.size()).isZero();
      r.identify(0); // of another thread
      assertThat(r.ownerOf(0, 11)).isEqualTo(new Owner("/docker/73051af27110", ""));
    }
  }

  @Test
  void rereadsYoungProcessThatMayRunAnotherProgram() throws IOException {
    process(10, 100, "/", "sh\0-c\0exec server\0");
    ContainerRegistry r = registry(Duration.ZERO);
    r.scan();
    process(10, 100, "/", "server\0");
    r.scan();
    assertThat(r.ownerOf(0, 10)).isEqualTo(new Owner("/process/server", ""));
    assertThat(metrics(r, "container_restarts_total")).allMatch(m -> m.endsWith(" 0.0"));
  }

  private static PublishedPort port(String address) {
    return new PublishedPort("dockerd", IpAddress.of(InetAddress.ofLiteral(address)), 8080);
  }

  @Test
  void publishedPortsBelongToRunningContainers() throws Exception {
    String json =
        """
        {"Name":"/web","Config":{"Image":"nginx:1"},
         "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]}}}
        """;
    Path run = Files.createDirectories(folder.resolve("run"));
    try (ServerSocketChannel docker = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      docker.bind(UnixDomainSocketAddress.of(run.resolve("docker.sock")));
      Thread answering =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (SocketChannel c = docker.accept()) {
                      c.read(ByteBuffer.allocate(4096));
                      String answer = "HTTP/1.0 200 OK\r\n\r\n" + json;
                      c.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  });
      process(11, 100, "/docker/" + ID, "nginx\0");
      ContainerRegistry r = registry(Duration.ZERO);
      r.scan();
      answering.join();
      assertThat(r.published())
          .isEqualTo(Map.of(new Owner("/docker/web", ""), List.of(port("0.0.0.0"))));
      end(11);
      r.scan();
      assertThat(r.published()).isEmpty();
    }
  }

  @Test
  void metadataOfRuntimes() throws Exception {
    ContainerMetadata docker =
        Objects.requireNonNull(
            RuntimeSockets.read(
                """
                {"Name":"/web","LogPath":"/var/lib/docker/x-json.log",
                 "Config":{"Image":"nginx:1","Labels":{"a":"b"}},
                 "NetworkSettings":{"Ports":{"443/tcp":null,"53/udp":[{"HostIp":"","HostPort":"53"}],
                  "80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"},{"HostIp":"::","HostPort":"8080"},
                   {"HostIp":"","HostPort":""},{"HostIp":"x","HostPort":"1"}]}}}
                """));
    assertThat(docker)
        .isEqualTo(
            new ContainerMetadata(
                "web",
                "nginx:1",
                Map.of("a", "b"),
                "/var/lib/docker/x-json.log",
                List.of(port("0.0.0.0"), port("::"))));
    Cgroup c = Cgroup.ofPath("/docker/" + ID);
    assertThat(ContainerIds.of(c, docker, n -> "")).isEqualTo("/docker/web");
  }
}
