package dev.tethys.collect.observe.logs;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.container.ContainerOptions;
import dev.tethys.collect.observe.container.ContainerRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ContainerLogsTest {
  private static final String ID =
      "73051af271105c07e1f493b34856a77e665e3b0b4fc72f76c807dfbffeb881bd";

  @TempDir Path folder;
  private final List<ObservedLog> logs = new ArrayList<>();
  private Path kubelet;
  private Path written;
  private @Nullable ContainerRegistry registry;

  @BeforeEach
  void machine() throws IOException {
    kubelet =
        Files.createDirectories(folder.resolve("var/log/containers"))
            .resolve("web-64cd4f9686-mvtnb_shop_app-" + ID + ".log");
    Files.writeString(kubelet, "");
    process(20, "/kubepods.slice/pod1.slice/cri-containerd-" + ID + ".scope");
    process(30, "/system.slice/nginx.service");
    written = folder.resolve("var/log/nginx.log");
    Files.writeString(written, "before\n");
    Path fds = Files.createDirectories(folder.resolve("proc/30/fd"));
    Files.createSymbolicLink(fds.resolve("3"), written);
    Files.createSymbolicLink(fds.resolve("4"), folder.resolve("var/log/read-only.log"));
    Path infos = Files.createDirectories(folder.resolve("proc/30/fdinfo"));
    Files.writeString(infos.resolve("3"), "pos:\t0\nflags:\t0102001\n");
    Files.writeString(infos.resolve("4"), "pos:\t0\nflags:\t0100000\n");
  }

  private void process(int pid, String cgroup) throws IOException {
    Path p = Files.createDirectories(folder.resolve("proc/" + pid));
    Files.writeString(p.resolve("cgroup"), "0::" + cgroup + "\n");
    Files.writeString(p.resolve("cmdline"), "app\0");
    Files.writeString(p.resolve("stat"), pid + " (a) S" + " 0".repeat(18) + " 5 0 0\n");
  }

  private ContainerLogs logs() throws IOException {
    ContainerRegistry registry =
        new ContainerRegistry(
            new ContainerOptions(
                folder.resolve("proc"),
                folder.resolve("cgroup"),
                folder,
                Duration.ZERO,
                List.of(),
                List.of(),
                true),
            () -> 1);
    this.registry = registry;
    registry.scan();
    return new ContainerLogs(
        registry, folder.resolve("proc"), folder, folder.resolve("positions"), logs::add);
  }

  private static void append(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.APPEND);
  }

  private void readUntil(ContainerLogs c, int messages) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    // A message ends by what follows, or by time.
    while (logs.size() < messages && System.nanoTime() < end) {
      c.round();
      Thread.onSpinWait();
    }
  }

  @Test
  void readsLogsOfRuntimesAndOfProcesses() throws Exception {
    try (ContainerLogs c = logs()) {
      c.round();
      append(
          kubelet,
          """
          2026-01-01T00:00:01.5Z stderr F ERROR cannot reach 10.0.0.1
          2026-01-01T00:00:02Z stdout F \tat app.Main
          2026-01-01T00:00:03Z stdout P {"level":"warn",
          2026-01-01T00:00:03Z stdout F "msg":"slow"}
          """);
      append(written, "started\n");
      readUntil(c, 3);
      assertThat(logs)
          .extracting(
              l -> l.owner().containerId() + " " + l.source() + " " + l.level() + " " + l.message())
          .containsExactlyInAnyOrder(
              "/k8s/shop/web-64cd4f9686-mvtnb/app stdout/stderr ERROR ERROR cannot reach 10.0.0.1\n"
                  + "\tat app.Main",
              "/k8s/shop/web-64cd4f9686-mvtnb/app stdout/stderr WARNING"
                  + " {\"level\":\"warn\",\"msg\":\"slow\"}",
              "/system.slice/nginx.service " + written + " UNKNOWN started");
      List<String> counted = new ArrayList<>();
      c.collect(f -> f.metrics().forEach(m -> counted.add(m.labels().get("level"))));
      assertThat(counted).containsExactlyInAnyOrder("error", "warning", "unknown");
    }
  }

  @Test
  void readsNewLogsFromTheirStart() throws Exception {
    Path log = folder.resolve("var/log/new.log");
    try (ContainerLogs c = logs()) {
      c.round();
      Files.writeString(log, "first\nsecond\n");
      leadTo(log);
      readUntil(c, 2);
      append(log, "third\n");
      readUntil(c, 3);
    }
    assertThat(logs).extracting(ObservedLog::message).containsExactly("first", "second", "third");
  }

  @Test
  void readsEachLineOnceWhenADescriptorAlternates() throws Exception {
    Path other = folder.resolve("var/log/other.log");
    List<String> sent = new ArrayList<>();
    try (ContainerLogs c = logs()) {
      c.round();
      Files.writeString(other, "");
      for (int i = 0; i < 10; i++) {
        Path log = i % 2 == 0 ? other : written;
        leadTo(log);
        for (int j = 0; j < 3; j++) {
          sent.add(i + "/" + j);
          append(log, i + "/" + j + "\n");
        }
        readUntil(c, sent.size());
      }
    }
    assertThat(logs).extracting(ObservedLog::message).containsExactlyElementsOf(sent);
  }

  @Test
  void continuesFilePreviouslyWrittenByAnotherContainer() throws Exception {
    Path log = folder.resolve("var/log/jobs.log");
    try (ContainerLogs c = logs()) {
      c.round();
      Files.writeString(log, "first job\n");
      leadTo(log);
      readUntil(c, 1);
      leadTo(folder.resolve("var/log/read-only.log"));
      process(40, "/system.slice/job.service");
      Path fds = Files.createDirectories(folder.resolve("proc/40/fd"));
      Files.createSymbolicLink(fds.resolve("3"), log);
      Path infos = Files.createDirectories(folder.resolve("proc/40/fdinfo"));
      Files.writeString(infos.resolve("3"), "pos:\t0\nflags:\t0102001\n");
      requireNonNull(registry).scan();
      for (int i = 0; i < 5; i++) { // until logs are searched for again
        c.round();
      }
      append(log, "second job\n");
      readUntil(c, 2);
    }
    assertThat(logs)
        .extracting(l -> l.owner().containerId() + " " + l.message())
        .containsExactly(
            "/system.slice/nginx.service first job", "/system.slice/job.service second job");
  }

  /** Makes the descriptor of the process with a log lead to another file. */
  private void leadTo(Path log) throws IOException {
    Path link = folder.resolve("proc/30/fd/3");
    Files.delete(link);
    Files.createSymbolicLink(link, log);
  }

  @Test
  void continuesAfterARestartWhereItStopped() throws Exception {
    try (ContainerLogs c = logs()) {
      c.round();
    }
    append(written, "while nobody read\n");
    try (ContainerLogs c = logs()) {
      readUntil(c, 1);
    }
    assertThat(logs).extracting(ObservedLog::message).containsExactly("while nobody read");
  }

  @Test
  void countsJournalMessagesByUnit() throws Exception {
    try (ContainerLogs c = logs()) {
      c.journal("nginx.service", LogLevel.ERROR, "broken pipe");
      c.journal("unknown.service", LogLevel.ERROR, "broken pipe");
      List<String> counted = new ArrayList<>();
      c.collect(
          f ->
              f.metrics()
                  .forEach(
                      m ->
                          counted.add(
                              m.labels().get("container_id") + " " + m.labels().get("source"))));
      assertThat(counted).containsExactly("/system.slice/nginx.service journald");
    }
  }

  @Test
  void decodesRuntimeLines() {
    assertThat(RuntimeLine.of("{\"log\":\"a\\n\",\"time\":\"1970-01-01T00:00:01.5Z\"}"))
        .isEqualTo(new RuntimeLine("a", false, 1_500_000_000));
    assertThat(RuntimeLine.of("{\"log\":\"half\"}")).isEqualTo(new RuntimeLine("half", true, 0));
    assertThat(RuntimeLine.of("1970-01-01T00:00:02.0Z stdout F "))
        .isEqualTo(new RuntimeLine("", false, 2_000_000_000));
    assertThat(RuntimeLine.of("plain text")).isEqualTo(new RuntimeLine("plain text", false, 0));
    assertThat(RuntimeLine.of("{\"a\":1}")).isEqualTo(new RuntimeLine("{\"a\":1}", false, 0));
  }
}
