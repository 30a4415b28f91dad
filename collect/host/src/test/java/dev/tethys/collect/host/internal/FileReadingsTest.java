package dev.tethys.collect.host.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.host.HostPaths;
import dev.tethys.collect.host.HostProcess;
import dev.tethys.collect.host.HostReadings;
import dev.tethys.collect.host.HostReadings.FileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Readings of a host that is a folder. */
@Timeout(30)
final class FileReadingsTest {
  @TempDir Path root;
  private final CountDownLatch server = new CountDownLatch(1);
  private FileReadings readings;

  @BeforeEach
  void make() throws IOException {
    write("proc/filesystems", "nodev\tproc\nnodev\tnfs4\n\text4\n");
    write(
        "proc/1/mountinfo",
        """
        29 1 259:2 / / rw,relatime shared:1 - ext4 /dev/root rw
        30 29 259:3 / /boot ro,relatime - ext4 /dev/mapper/vg-boot rw
        31 29 0:42 / /mnt/dead rw,hard shared:2 - nfs4 far:/srv rw
        32 29 0:43 / /mnt/a\\040b rw - ext4 /dev/sdb rw
        """);
    readings = readings(null);
  }

  private FileReadings readings(@Nullable String mounts) {
    HostReadings.Sources sources =
        new HostReadings.Sources(
            new HostPaths(root + "/proc", root + "/sys", root.toString(), root + "/run/udev/data"),
            root + "/etc",
            mounts);
    return new FileReadings(
        sources,
        new MountProbe(
            path -> {
              if (path.endsWith("/dead")) {
                awaitQuietly();
              }
              return new MountProbe.Answer("", 100, 50, 40, 10, 5);
            },
            1,
            Duration.ofMillis(200)));
  }

  private void awaitQuietly() {
    try {
      server.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(String path, String text) throws IOException {
    Path p = root.resolve(path);
    Files.createDirectories(Objects.requireNonNull(p.getParent()));
    Files.writeString(p, text);
  }

  private List<String> mountPoints(boolean virtual) throws IOException {
    return readings.fileSystems(virtual, m -> true).stream()
        .map(f -> f.device() + " " + f.mountPoint() + " " + f.mode() + " " + f.error())
        .toList();
  }

  @Test
  void mountOfMissingServerBlocksNothing() throws IOException {
    for (int i = 0; i < 2; i++) {
      assertThat(mountPoints(true))
          .containsExactly(
              "/dev/root / rw ",
              "/dev/mapper/vg-boot /boot ro ",
              "far:/srv /mnt/dead rw " + MountProbe.TIMEOUT,
              "/dev/sdb /mnt/a b rw ");
    }
    server.countDown();
  }

  @Test
  void readsFileSystemsWithDevicesAndRealNames() throws IOException {
    write("dev/dm-3", "");
    Files.createDirectories(root.resolve("dev/mapper"));
    Files.createSymbolicLink(root.resolve("dev/mapper/vg-boot"), root.resolve("dev/dm-3"));
    Files.createDirectories(root.resolve("sys/dev/block"));
    Files.createSymbolicLink(
        root.resolve("sys/dev/block/259:2"), Path.of("../../devices/nvme0n1/nvme0n1p2"));
    assertThat(mountPoints(false))
        .containsExactly("/dev/nvme0n1p2 / rw ", "/dev/dm-3 /boot ro ", "/dev/sdb /mnt/a b rw ");
  }

  @Test
  void runsOnlyRequestedCollectors() throws IOException {
    List<FileSystem> all = readings.fileSystems(true, m -> !m.type().equals("nfs4"));
    assertThat(all).hasSize(3).allMatch(f -> f.error().isEmpty());
    assertThat(all.getFirst())
        .isEqualTo(new FileSystem("/dev/root", "/", "ext4", "rw", "", 100, 50, 40, 10, 5));
  }

  @Test
  void readsMountsOfAnotherFolder() throws IOException {
    write("other/mountinfo", "29 1 259:2 / /x rw - ext4 /dev/sdz rw\n");
    readings = readings(root + "/other");
    assertThat(mountPoints(false)).containsExactly("/dev/sdz /x rw ");
    readings = readings(root + "/nowhere");
    assertThatThrownBy(() -> readings.fileSystems(false, m -> true))
        .isInstanceOf(HostFileException.class)
        .hasMessageContaining("nowhere/mountinfo");
  }

  @Test
  void folderWithTheRootAsNamePrefixIsNotBelowTheRoot() throws IOException {
    write(
        "other/mountinfo",
        """
        29 1 259:2 / %1$s rw - ext4 /dev/sda rw
        30 1 259:3 / %1$s/x rw - ext4 /dev/sdb rw
        31 1 259:4 / %1$s2/x rw - ext4 /dev/sdc rw
        """
            .formatted(root));
    readings = readings(root + "/other");
    assertThat(mountPoints(false))
        .containsExactly("/dev/sda / rw ", "/dev/sdb /x rw ", "/dev/sdc " + root + "2/x rw ");
  }

  @Test
  void countsCoresBySiblings() throws IOException {
    write("sys/devices/system/cpu/cpu0/topology/core_cpus_list", "0,2\n");
    write("sys/devices/system/cpu/cpu1/topology/core_cpus_list", "1,3\n");
    write("sys/devices/system/cpu/cpu2/topology/core_cpus_list", "0,2\n");
    write("sys/devices/system/cpu/cpu3/topology/thread_siblings_list", "1,3\n");
    assertThat(readings.cores()).isEqualTo(2);
  }

  @Test
  void processNamesMayContainAnything() throws IOException {
    write(
        "proc/5/stat",
        "5 (a) R (b\n) S 3 1 1 0 -1 0 1 0 2 0 100 200 0 0 20 0 7 0 4500 0 0 0 0 0 0 0 0 0\n");
    HostProcess p = Objects.requireNonNull(readings.process(5));
    assertThat(p.name()).isEqualTo("a) R (b\n");
    assertThat(p.parent()).isEqualTo(3);
    assertThat(p.threads()).isEqualTo(7);
    assertThat(p.userSeconds()).isEqualTo(1);
    assertThat(p.startedAfterBoot()).isEqualTo(45);
    assertThat(p.waitSeconds()).isZero(); // of an older kernel
    assertThat(readings.processStates()).isEqualTo(Map.of('S', 1));
    assertThat(readings.process(6)).isNull();
    write("proc/7/stat", "7 (short) S 1\n");
    assertThatThrownBy(() -> readings.process(7)).isInstanceOf(MalformedException.class);
    write("proc/8/stat", "no process");
    assertThatThrownBy(() -> readings.process(8)).isInstanceOf(MalformedException.class);
  }

  @Test
  void argumentsOfProcesses() throws IOException {
    write("proc/5/stat", "5 (a) S 3 1 1 0 -1 0 1 0 2 0 1 2 0 0 20 0 7 0 4500 0\n");
    HostProcess p = Objects.requireNonNull(readings.process(5));
    assertThat(p.arguments()).isNull();
    write("proc/5/cmdline", "");
    assertThat(p.arguments()).isEmpty();
    write("proc/5/cmdline", "a\0\0b c\0");
    assertThat(p.arguments()).containsExactly("a", "", "b c");
    write("proc/5/cmdline", "title without an end");
    assertThat(p.arguments()).containsExactly("title without an end");
  }

  @Test
  void users() throws IOException {
    assertThat(readings.users()).isEmpty();
    write(
        "etc/passwd", "root:x:0:0::/:/bin/sh\n\n+\nbad:x:y:0::\nalso:x:0:1::/:\nweb:x:33:33::/:\n");
    assertThat(readings.users()).isEqualTo(Map.of(0L, "root", 33L, "web"));
  }
}
