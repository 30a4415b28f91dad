package dev.tethys.runtime;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.runtime.StartPages.Mapping;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class StartPagesTest {
  /** An entry of proc_pid_smaps(5), with the lines that count and some that do not. */
  private static List<String> entry(String range, String mode, String file, int anonymous) {
    return List.of(
        range + " " + mode + " 014f9000 fe:00 5714031                    " + file,
        "Size:              24620 kB",
        "Rss:               24620 kB",
        "Private_Dirty:         0 kB",
        "Anonymous:     %8d kB".formatted(anonymous),
        "AnonHugePages:         0 kB",
        "VmFlags: rd mr mw me ac");
  }

  @Test
  void releasesOnlyPagesUnchangedFromTheFile() {
    String cache = "/opt/tethys/.build/tethys-25-server.aot";
    String machine = "/usr/lib/jvm/temurin-25/lib/server/libjvm.so";
    assertThat(StartPages.unchanged(entry("8014f9000-802d04000", "r--p", cache, 0)))
        .containsExactly(new Mapping(0x8014f9000L, 0x180b000));
    assertThat(StartPages.unchanged(entry("7f06510cc000-7f0651152000", "r-xp", machine, 0)))
        .containsExactly(new Mapping(0x7f06510cc000L, 0x86000));
    assertThat(StartPages.unchanged(entry("8014f9000-802d04000", "r--p", cache, 4))).isEmpty();
    assertThat(StartPages.unchanged(entry("8014f9000-802d04000", "rw-p", cache, 0))).isEmpty();
    assertThat(StartPages.unchanged(entry("8014f9000-802d04000", "r--s", cache, 0))).isEmpty();
    assertThat(StartPages.unchanged(entry("8014f9000-802d04000", "r--p", "/lib/libc.so.6", 0)))
        .isEmpty();
  }

  @Test
  void readsMappedBytesFromTheSystem() throws IOException {
    assertThat(
            mapped(
                "VmRSS:\t   57324 kB\nRssAnon:\t   12 kB\nRssFile:\t   45060 kB\nVmPTE:\t 9 kB\n"))
        .isEqualTo(45060L << 10);
    assertThat(mapped("RssFile:\t7 kB\n")).isEqualTo(7L << 10);
    assertThat(mapped("Name:\tRssFile: 1\nPid:\t2\n")).isZero();
    assertThat(mapped("Pid:\t2\nRssFi")).isZero();
    assertThat(mapped("Pid:\t2")).isZero();
    assertThat(mapped("")).isZero();
    Path own = Path.of("/proc/self/status");
    Assumptions.assumeTrue(Files.isReadable(own), "this system has no " + own);
    byte[] text = new byte[4096];
    try (RandomAccessFile status = new RandomAccessFile(own.toFile(), "r")) {
      assertThat(StartPages.mappedBytes(status, text)).isPositive();
      assertThat(StartPages.mappedBytes(status, text)).as("read again").isPositive();
    }
  }

  private static long mapped(String status) {
    byte[] b = status.getBytes(US_ASCII);
    return StartPages.mappedBytes(b, b.length);
  }

  @Test
  void virtualMachineSurvivesTheRelease() throws IOException {
    Path own = Path.of("/proc/self/smaps");
    Assumptions.assumeTrue(Files.isReadable(own), "this system has no " + own);
    assertThat(StartPages.unchanged(Files.readAllLines(own))).isNotEmpty();
    StartPages pages = StartPages.startReleasing(StartPages.AT_ONCE);
    pages.releaseNow();
    System.gc();
    assertThat(StartPages.unchanged(Files.readAllLines(own))).isNotEmpty();
  }

  @Test
  void backsOffReleasingReturningPages() {
    StartPages.CheckSchedule rarely = new StartPages.CheckSchedule(StartPages.RARELY);
    StartPages.CheckSchedule atOnce = new StartPages.CheckSchedule(StartPages.AT_ONCE);
    assertThat(bursts(rarely)).isEqualTo(Duration.ofMillis(250));
    assertThat(bursts(atOnce)).isEqualTo(Duration.ofMillis(100));
    assertThat(atOnce.isDue(5 << 20)).isTrue();
    assertThat(rarely.isDue(5 << 20)).isFalse();
    Duration later = rarely.next(false);
    assertThat(atOnce.next(true)).isEqualTo(StartPages.AT_ONCE);
    assertThat(rarely.next(true)).isEqualTo(later.multipliedBy(2));
    assertThat(rarely.next(false)).isEqualTo(later.multipliedBy(2));
    for (int n = 0; n < 20; n++) {
      rarely.next(true);
      assertThat(atOnce.next(true)).isEqualTo(StartPages.AT_ONCE);
    }
    assertThat(rarely.next(true))
        .isBetween(StartPages.RARELY, StartPages.RARELY.multipliedBy(2).minusMillis(1));
  }

  /** How often it is looked in the first minute, in which compilers come back in bursts. */
  private static Duration bursts(StartPages.CheckSchedule looks) {
    Duration often = looks.next(true);
    long times = Duration.ofMinutes(1).dividedBy(often);
    for (int n = 1; n < times; n++) {
      assertThat(looks.next(n % 2 == 0)).isEqualTo(often);
    }
    return often;
  }

  @Test
  void doesNotMistakeEarlierMappedPagesForOtherFiles() {
    StartPages.CheckSchedule looks = new StartPages.CheckSchedule(StartPages.RARELY);
    looks.released(30 << 20);
    assertThat(looks.isDue(30 << 20)).isTrue();
    for (int n = 0; n < 20; n++) {
      looks.released(30 << 20);
    }
    assertThat(looks.isDue(30 << 20)).as("they are other files'").isFalse();
    looks.released(6 << 20);
    assertThat(looks.isDue(30 << 20)).isTrue();
  }
}
