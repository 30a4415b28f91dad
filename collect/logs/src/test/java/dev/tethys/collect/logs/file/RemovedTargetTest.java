package dev.tethys.collect.logs.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Targets that go, as pods do, in every order of writes, scans, notifications and reads: the
 * content of a file when its target went is delivered.
 */
class RemovedTargetTest {
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

  private void link(String name, String to) throws IOException {
    Files.createDirectories(rig.file(name).getParent());
    Files.createSymbolicLink(rig.file(name), rig.file(to));
  }

  private void nothingIsLeft() {
    rig.later();
    assertThat(rig.metric("promtail_files_active_total")).isZero();
    assertThat(rig.metric("promtail_targets_active_total")).isZero();
    assertThat(rig.metric("tethys_logs_open_files")).isZero();
  }

  @Test
  void readsLinesWrittenJustBeforeTheRemoval() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").targets().read().look();
    assertThat(rig.lines()).containsExactly("1", "2");
    nothingIsLeft();
  }

  @Test
  void readsLinesSeenButUnreadBeforeTheRemoval() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").see().targets().see().read();
    assertThat(rig.lines()).containsExactly("1", "2");
    nothingIsLeft();
  }

  @Test
  void readsTargetRemovedBeforeItsFirstScan() {
    rig.tail("nothing");
    rig.write("a.log", "1\n").targets("a.log").targets().look();
    assertThat(rig.lines()).containsExactly("1");
    nothingIsLeft();
  }

  @Test
  void readsFileCreatedAfterTheLastScan() {
    rig.write("a.log", "1\n").tail("*.log");
    rig.write("b.log", "2\n").targets().look();
    assertThat(rig.lines()).containsExactly("1", "2");
    nothingIsLeft();
  }

  @Test
  void readsFileRotatedDuringRemovalWithItsSuccessor() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").move("a.log", "a.log.1").write("a.log", "3\n").targets().look();
    rig.later();
    assertThat(rig.lines()).containsExactly("1", "2", "3");
    nothingIsLeft();
  }

  @Test
  void readsFileRotatedAfterTheLastScan() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").targets().see();
    rig.move("a.log", "a.log.1").write("a.log", "not of that target any more\n").look();
    assertThat(rig.lines()).containsExactly("1", "2");
    nothingIsLeft();
  }

  @Test
  void readsClosedFileRenamedAfterTheLastScan() {
    rig.write("a.log", "1\n").write("b.log", "1\n");
    rig.tail(FileOptions.DEFAULT, 1, "*.log").take();
    rig.write("a.log", "2\n").write("b.log", "3\n").targets().see();
    rig.move("a.log", "a.log.1").move("b.log", "b.log.1").look();
    assertThat(rig.lines()).containsExactlyInAnyOrder("2", "3");
    nothingIsLeft();
  }

  @Test
  void readsFileDeletedDuringTargetRemoval() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").delete("a.log").targets().look();
    assertThat(rig.lines()).containsExactly("1", "2");
    nothingIsLeft();
  }

  @Test
  void readsFileDeletedAfterTheLastScan() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").targets().see().delete("a.log").look();
    assertThat(rig.lines()).containsExactly("1", "2");
    nothingIsLeft();
  }

  @Test
  void readsFileBehindALinkRemovedFirst() throws IOException {
    rig.write("data/real", "1\n");
    link("a.log", "data/real");
    rig.tail("a.log");
    rig.write("data/real", "2\n").delete("a.log").targets().look();
    assertThat(rig.lines()).containsExactly("1", "2");
    nothingIsLeft();
  }

  @Test
  void danglingLinkToAnotherFileLosesNothing() throws IOException {
    rig.write("data/real", "1\n");
    link("a.log", "data/real");
    rig.tail("a.log");
    rig.write("data/real", "2\n").move("data/real", "data/real.1").see();
    rig.write("data/real", "3\n").targets().look();
    rig.later();
    assertThat(rig.lines()).containsExactly("1", "2", "3");
    nothingIsLeft();
  }

  @Test
  void waitsForLineEndThenTakesTheLine() {
    rig.write("a.log", "1\npart").tail("a.log");
    rig.targets().look();
    rig.write("a.log", "ial\n").look();
    assertThat(rig.lines()).containsExactly("1", "partial");
    nothingIsLeft();
    rig.write("a.log", "never ended").targets("a.log").look();
    rig.targets().look();
    assertThat(rig.lines()).hasSize(2);
    rig.later();
    assertThat(rig.lines()).endsWith("never ended");
    nothingIsLeft();
  }

  @Test
  void readsNothingWrittenAfterTheRemoval() {
    rig.settles = false;
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").targets().look();
    rig.write("a.log", "3\n").look();
    assertThat(rig.lines()).containsExactly("1", "2");
    assertThat(rig.metric("tethys_logs_open_files")).isZero();
    // It is forgotten when it is delivered, and not before.
    assertThat(rig.metric("promtail_files_active_total")).isEqualTo(1);
    rig.settle(1);
    assertThat(rig.look().metric("promtail_files_active_total")).isEqualTo(1);
    rig.settle(0);
    nothingIsLeft();
    rig.targets("a.log").look();
    assertThat(rig.lines()).containsExactly("1", "2", "3");
  }

  @Test
  void endedJobKeepsTheCountersOfItsFile() {
    rig.settles = false;
    rig.write("a.log", "1\n").tail("a.log");
    rig.targets().look();
    String path = rig.file("a.log").toString();
    assertThat(rig.metric("promtail_read_lines_total", "path", path)).isEqualTo(1);
    rig.close();
    assertThat(rig.metric("promtail_read_lines_total", "path", path)).isNaN();
    assertThat(rig.metric("promtail_files_active_total")).isZero();
  }

  /** A program may write without a pause, regardless of the target. */
  @Test
  void busyWriterDoesNotKeepRemovedTarget() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").targets().see();
    rig.whenSettled = e -> rig.write("a.log", "x".repeat(TailedFile.TURN) + "\n");
    rig.read();
    assertThat(rig.lines()).startsWith("1", "2").hasSizeLessThan(10);
    nothingIsLeft();
  }

  @Test
  void targetThatReturnsDuringReadingContinues() {
    rig.settles = false;
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").targets();
    rig.targets("a.log").look(); // before it was checked a last time
    rig.write("a.log", "3\n").targets().see().targets("a.log").look(); // before it was read
    rig.write("a.log", "4\n").targets().look().targets("a.log").look(); // before it was delivered
    rig.write("a.log", "5\n").look();
    assertThat(rig.lines()).containsExactly("1", "2", "3", "4", "5");
    assertThat(rig.metric("promtail_files_active_total")).isEqualTo(1);
  }

  @Test
  void readsFileRotatedDuringTargetAbsence() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").targets().see();
    rig.write("a.log", "3\n").move("a.log", "a.log.1").write("a.log", "4\n");
    rig.targets("a.log").look();
    assertThat(rig.later().lines()).containsExactly("1", "2", "3", "4");
  }

  /** A pod that gets a label is another target with the same files. */
  @Test
  void targetWithOtherLabelsContinuesAtTheFormerPosition() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").see();
    rig.target("a.log", "pod", "x").look();
    rig.write("a.log", "3\n").look();
    assertThat(rig.lines()).containsExactly("1", "2", "3");
    assertThat(rig.entries.getLast().labels().get("pod")).isEqualTo("x");
    assertThat(rig.later().metric("promtail_files_active_total")).isEqualTo(1);
  }

  @Test
  void relabelledTargetRereadsNothingUndelivered() {
    rig.settles = false;
    rig.write("a.log", "1\n2\n").tail("a.log");
    rig.target("a.log", "pod", "x").look();
    rig.target("a.log", "pod", "y").see().target("a.log", "pod", "z").see();
    rig.write("a.log", "3\n").look();
    assertThat(rig.lines()).containsExactly("1", "2", "3");
    rig.settle(0);
    // All of it is owed as long as one line is that stands before the others.
    rig.settle(1);
    assertThat(rig.isFullyDelivered()).isFalse();
    rig.settle(0);
    assertThat(rig.isFullyDelivered()).isTrue();
    assertThat(rig.later().metric("promtail_files_active_total")).isEqualTo(1);
  }

  @Test
  void targetRelabelledDuringATurnRereadsNothing() {
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < 200_000; i++) {
      b.append("line ").append(i).append('\n');
    }
    rig.write("a.log", b.toString());
    rig.whenSettled =
        e -> {
          if (e.line().equals("line 1000")) {
            rig.target("a.log", "pod", "x").see();
          }
        };
    rig.tail("a.log").look();
    List<String> lines = rig.entries.stream().map(LogEntry::line).toList();
    assertThat(new HashSet<>(lines)).hasSize(200_000).hasSameSizeAs(lines);
    assertThat(rig.entries.getLast().labels().get("pod")).isEqualTo("x");
    assertThat(rig.metric("tethys_logs_open_files")).isEqualTo(1);
  }

  @Test
  void readsAFileRotatedBeforeTheLabelsChanged() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").move("a.log", "a.log.1").write("a.log", "3\n").see();
    rig.target("a.log", "pod", "x").look();
    assertThat(rig.later().lines()).containsExactlyInAnyOrder("1", "2", "3");
    assertThat(rig.metric("promtail_files_active_total")).isEqualTo(1);
  }

  @Test
  void readsAFileRotatedWhileTheLabelsChange() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").move("a.log", "a.log.1").write("a.log", "3\n");
    rig.target("a.log", "pod", "x").look();
    assertThat(rig.later().lines()).containsExactlyInAnyOrder("1", "2", "3");
    assertThat(rig.metric("promtail_files_active_total")).isEqualTo(1);
  }

  @Test
  void readsCompressedFileToItsEnd() throws IOException {
    FileOptions options =
        new FileOptions(
            StandardCharsets.UTF_8, Decompression.GZIP, Duration.ZERO, FileOptions.MAX_LINE);
    rig.tail(options, 10, "*.gz");
    java.io.ByteArrayOutputStream packed = new java.io.ByteArrayOutputStream();
    try (var out = new java.util.zip.GZIPOutputStream(packed)) {
      out.write("1\n2\n".getBytes(StandardCharsets.UTF_8));
    }
    rig.write("a.gz", packed.toByteArray()).targets().look();
    assertThat(rig.lines()).containsExactly("1", "2");
    nothingIsLeft();
  }

  @Test
  void concurrentlySavedPositionsIncludeIt() {
    rig.settles = false;
    rig.write("a.log", "1\n").tail("a.log");
    rig.settle(0);
    rig.write("a.log", "2\n").targets().look();
    rig.positions.save();
    rig.settles = true;
    rig.close();
    rig.take();
    // Killed before it was delivered; the target is there again.
    assertThat(rig.begin("a.log").lines()).containsExactly("2");
  }

  @Test
  void readsEachLineOnceWhenRemovedDuringATurn() {
    StringBuilder b = new StringBuilder();
    for (int i = 0; i < 200_000; i++) {
      b.append("line ").append(i).append('\n');
    }
    rig.write("a.log", b.toString());
    assertThat(b.length()).isGreaterThan(TailedFile.TURN);
    rig.whenSettled = e -> rig.targets();
    rig.tail("a.log").look();
    List<String> lines = rig.entries.stream().map(LogEntry::line).toList();
    assertThat(new HashSet<>(lines)).hasSize(200_000).hasSameSizeAs(lines);
    nothingIsLeft();
  }
}
