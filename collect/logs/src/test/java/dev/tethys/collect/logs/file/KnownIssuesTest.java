package dev.tethys.collect.logs.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Public reports about Promtail, Vector, Fluent Bit and the Collector's filelog, each by its issue.
 */
@Tag("slow")
class KnownIssuesTest {
  private static final String BANNER = "# a banner that every file begins with ".repeat(60) + "\n";

  @TempDir Path folder;
  private Rig rig;

  @BeforeEach
  void begin() {
    rig = new Rig(folder);
  }

  @AfterEach
  void end() {
    rig.close();
  }

  private static String lines(int from, int to) {
    StringBuilder sb = new StringBuilder();
    for (int i = from; i < to; i++) {
      sb.append("line ").append(i).append('\n');
    }
    return sb.toString();
  }

  private static List<String> expected(int from, int to) {
    return lines(from, to).lines().toList();
  }

  private List<String> withoutBanners() {
    return rig.lines().stream().filter(l -> !l.startsWith("#")).toList();
  }

  /** opentelemetry-collector-contrib#19765: files of one head are mistaken for one file. */
  @Test
  void filelogLosesFilesWithEqualBeginnings() throws IOException {
    rig.write("a.log", BANNER + lines(0, 10)).tail("a.log");
    for (int i = 1; i < 5; i++) {
      rig.move("a.log", "a.log." + i).write("a.log", BANNER + lines(10 * i, 10 * i + 10)).look();
    }
    assertThat(withoutBanners()).isEqualTo(expected(0, 50));
  }

  /** fluent-bit#4895, #8025; vector#25079: a new file with an old inode is read from the middle. */
  @Test
  void reusedInodeIsMistakenForTheOldFile() throws IOException {
    rig.write("a.log", BANNER + lines(0, 10)).tail("a.log");
    rig.delete("a.log").write("a.log", BANNER + lines(10, 30)).look();
    rig.stop();
    rig.delete("a.log").write("a.log", BANNER + lines(30, 60));
    rig.begin("a.log");
    assertThat(withoutBanners()).isEqualTo(expected(0, 60));
  }

  /** contrib#43693, loki#8096: after copytruncate nothing is read, or what was not read is lost. */
  @Test
  void copyTruncationEndsReading() {
    rig.write("a.log", lines(0, 100)).tail("a.log");
    for (int i = 1; i < 8; i++) {
      rig.write("a.log", lines(100 * i, 100 * i + 50));
      rig.copyTruncate("a.log", "a.log." + i);
      rig.write("a.log", lines(100 * i + 50, 100 * i + 100)).look();
    }
    assertThat(rig.lines()).isEqualTo(expected(0, 800));
  }

  /** contrib#35137, loki#14462, #2134: generations are skipped when files rotate quickly. */
  @Test
  void quickRotationSkipsGenerations() {
    rig.write("a.log", lines(0, 10)).tail("a.log");
    int n = 40;
    for (int i = 1; i < n; i++) {
      for (int k = i - 1; k >= 1; k--) {
        rig.move("a.log." + k, "a.log." + (k + 1));
      }
      rig.move("a.log", "a.log.1").write("a.log", lines(10 * i, 10 * i + 10));
    }
    rig.look();
    assertThat(rig.lines()).isEqualTo(expected(0, 10 * n));
  }

  /** loki#6268: after a crash of the machine the positions file is full of NUL. */
  @Test
  void positionsFileOfNulRereadsEverything() throws IOException {
    rig.write("a.log", lines(0, 10)).tail("a.log");
    rig.stop();
    Files.write(rig.file("positions.yaml"), new byte[4096]);
    rig.write("a.log", lines(10, 20));
    rig.positions = rig.open(rig.file("positions.yaml"), true);
    rig.tail("a.log");
    assertThat(rig.lines()).isEqualTo(expected(0, 20));
  }

  /** loki#1540: positions are ahead of what was delivered, so a crash loses it. */
  @Test
  void savesPositionBeforeDelivery() {
    rig.settles = false;
    rig.write("a.log", lines(0, 10)).tail("a.log");
    rig.positions.save();
    rig.close(); // killed
    rig.entries.clear();
    rig.settles = true;
    rig.begin("a.log");
    assertThat(rig.lines()).isEqualTo(expected(0, 10));
  }

  /** loki#8519: reading ends when a file is deleted and made again and again. */
  @Test
  void stopsReadingFileThatAppearsAndVanishes() throws IOException {
    rig.tail("a.log");
    for (int i = 0; i < 20; i++) {
      rig.write("a.log", lines(i, i + 1)).look().delete("a.log");
      if (i % 3 == 0) {
        rig.look();
      }
    }
    rig.later().later();
    assertThat(rig.lines()).isEqualTo(expected(0, 20));
    assertThat(rig.metric("promtail_files_active_total")).isZero();
  }

  /**
   * loki#8054, #11021: memory and descriptors grow with the number of files. {@code
   * -Dtethys.many-files=10000} takes more of them.
   */
  @Test
  void thousandsOfFilesUseFewDescriptors() {
    int n = Integer.getInteger("tethys.many-files", 2_000);
    for (int i = 0; i < n; i++) {
      rig.write("f" + i + ".log", "a " + i + "\n");
    }
    rig.tail(FileOptions.DEFAULT, 100, "*.log");
    assertThat(rig.lines()).hasSize(n).doesNotHaveDuplicates();
    assertThat(rig.metric("tethys_logs_open_files")).isBetween(1.0, 101.0);
    rig.entries.clear();
    for (int i = 0; i < n; i += 10) {
      rig.write("f" + i + ".log", "b " + i + "\n");
    }
    rig.look();
    assertThat(rig.lines())
        .hasSize(n / 10)
        .doesNotHaveDuplicates()
        .allMatch(l -> l.startsWith("b"));
    assertThat(rig.metric("tethys_logs_open_files")).isBetween(1.0, 101.0);
    rig.stop();
    rig.entries.clear();
    rig.write("f7.log", "c\n").write("f7.log.1", "another\n").begin("*.log");
    assertThat(rig.lines()).containsExactly("c");
  }

  /** contrib#46002, #40725: a backlog is read into memory faster than it can be sent. */
  @Test
  void slowDestinationThrottlesReading() throws Exception {
    rig.write("a.log", lines(0, 200_000));
    AtomicInteger taken = new AtomicInteger();
    Semaphore room = new Semaphore(100);
    Semaphore arrived = new Semaphore(0);
    List<LogEntry> held = Collections.synchronizedList(new ArrayList<>()); // nothing is delivered
    try (FileTailing t =
        new FileTailing(FileTailing.Frequency.DEFAULT, rig.positions, rig.metrics, rig.clock, 10)) {
      FileJob job =
          t.job(
              "job",
              FileOptions.DEFAULT,
              e -> {
                room.acquire();
                taken.incrementAndGet();
                held.add(e);
                arrived.release();
              });
      FileTarget target = new FileTarget(Glob.of(folder + "/a.log"), null, Labels.of("a", "b"));
      job.targets(List.of(target));
      t.scan();
      assertThat(arrived.tryAcquire(100, 20, TimeUnit.SECONDS)).isTrue();
      assertThat(taken.get()).isEqualTo(100);
      // What is read ahead is the rest of one buffer, and no position is saved for it.
      assertThat(job.status(target).values()).allMatch(s -> s.delivered() == 0);
      room.release(50);
      assertThat(arrived.tryAcquire(50, 20, TimeUnit.SECONDS)).isTrue();
      assertThat(taken.get()).isEqualTo(150);
      job.stop();
    }
  }

  @Test
  void removedTargetsLeaveNothing() {
    rig.write("a.log", "1\n").tail("a.log");
    for (int i = 0; i < 200; i++) {
      rig.write("d" + i + ".log", "x\n").targets("d" + i + ".log").look();
    }
    rig.targets().look().look();
    for (String left :
        List.of(
            "promtail_files_active_total",
            "promtail_targets_active_total",
            "tethys_logs_open_files")) {
      assertThat(rig.metric(left)).as(left).isZero();
    }
    assertThat(rig.metric("promtail_read_bytes_total", "path", rig.file("d7.log").toString()))
        .isNaN();
    // A target that comes back continues where it was.
    rig.take();
    rig.write("a.log", "2\n").targets("a.log").look();
    assertThat(rig.take()).containsExactly("2");
  }
}
