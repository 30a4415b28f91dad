package dev.tethys.collect.logs.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.logs.LogEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TailingTest {
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

  /** A line that tells files apart, long enough for two of them to be more than a greeting. */
  private static String line(String what, int n) {
    return what + " " + n + " " + "x".repeat(300);
  }

  /** The lines without what makes them long. */
  private List<String> read() {
    return rig.lines().stream().map(l -> l.replaceFirst(" x+$", "")).toList();
  }

  private static String lines(String what, int from, int to) {
    StringBuilder sb = new StringBuilder();
    for (int i = from; i < to; i++) {
      sb.append(line(what, i)).append('\n');
    }
    return sb.toString();
  }

  private static List<String> expected(String what, int from, int to) {
    List<String> out = new ArrayList<>();
    for (int i = from; i < to; i++) {
      out.add(what + " " + i);
    }
    return out;
  }

  @Test
  void readsLinesWithTheirLabels() {
    rig.write("a.log", "one\ntwo\n\npart").tail("*.log", "job", "x");
    assertThat(rig.lines()).containsExactly("one", "two", "");
    LogEntry e = rig.entries.getFirst();
    assertThat(e.labels().toMap())
        .containsEntry("job", "x")
        .containsEntry("filename", rig.file("a.log").toString());
    assertThat(rig.entries).extracting(LogEntry::timestamp).doesNotHaveDuplicates().isSorted();
    rig.write("a.log", "ial\n").look();
    assertThat(rig.lines()).endsWith("partial");
    assertThat(rig.metric("promtail_files_active_total")).isEqualTo(1);
    assertThat(rig.metric("promtail_read_bytes_total", "path", rig.file("a.log").toString()))
        .isEqualTo(17);
    assertThat(rig.metric("promtail_read_lines_total", "path", rig.file("a.log").toString()))
        .isEqualTo(4);
  }

  @Test
  void readsRenamedFileToItsEndBeforeTheNext() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").move("a.log", "a.log.1").write("a.log", "3\n").look();
    assertThat(rig.take()).containsExactly("1", "2", "3");
    rig.write("a.log.1", "late, without an end").write("a.log", "4\n").later();
    assertThat(rig.take()).containsExactlyInAnyOrder("4", "late, without an end");
    assertThat(rig.metric("promtail_files_active_total")).isEqualTo(1);
  }

  @Test
  void skipsNoFileRotatedTwiceBetweenScans() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").move("a.log", "a.log.1").write("a.log", "3\n");
    rig.move("a.log.1", "a.log.2").move("a.log", "a.log.1").write("a.log", "4\n").look();
    assertThat(rig.lines()).containsExactly("1", "2", "3", "4");
  }

  /** Programs make their new file when they have something to write, which may be later. */
  @Test
  void skipsNoFileRotatedWhileItsNameWasUnused() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.move("a.log", "a.log.1").look();
    rig.write("a.log", "2\n").move("a.log.1", "a.log.2").move("a.log", "a.log.1");
    rig.write("a.log", "3\n").look();
    assertThat(rig.lines()).containsExactly("1", "2", "3");
    assertThat(rig.later().lines()).hasSize(3);
  }

  /** As logrotate with delaycompress: the older is compressed after the younger has come to be. */
  @Test
  void skipsNoFileOlderThanThePrecedingCompressedOne() throws IOException {
    rig.write("a.log", "1\n".repeat(300)).tail("a.log");
    rig.stop();
    rig.take();
    rig.write("a.log", "2\n").move("a.log", "a.log.1").write("a.log", "3\n");
    rig.move("a.log.1", "a.log.2").move("a.log", "a.log.1").write("a.log", "4\n");
    FileTime written = Files.getLastModifiedTime(rig.file("a.log.2"));
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      Files.copy(rig.file("a.log.2"), out);
    }
    // Times of birth have the resolution of the kernel's clock.
    Path packedFile = rig.file("a.log.2.gz");
    do {
      Files.deleteIfExists(packedFile);
      Files.write(packedFile, packed.toByteArray());
    } while (!FileStat.of(packedFile).id().isYoungerThan(FileStat.of(rig.file("a.log")).id())
        && FileStat.of(packedFile).id().createdAt() != FileId.UNKNOWN_BIRTH);
    Files.setLastModifiedTime(packedFile, written);
    rig.delete("a.log.2").begin("a.log");
    assertThat(rig.lines()).containsExactly("2", "3", "4");
  }

  @Test
  void readsNothingTwiceIfRotatedFilesMatch() {
    rig.write("a.log", "1\n").tail("a.log*");
    rig.write("a.log", "2\n").move("a.log", "a.log.1").write("a.log", "3\n").look();
    rig.move("a.log.1", "a.log.2").move("a.log", "a.log.1").write("a.log", "4\n").look();
    rig.later();
    assertThat(rig.lines()).containsExactly("1", "2", "3", "4");
    assertThat(rig.restart("a.log*").lines()).containsExactly("1", "2", "3", "4");
  }

  @Test
  void readsUnreadDataOfATruncatedFileFromItsCopy() {
    rig.write("a.log", lines("a", 0, 3)).tail("a.log");
    rig.write("a.log", lines("a", 3, 5)).copyTruncate("a.log", "a.log.1");
    rig.write("a.log", lines("b", 0, 2)).look();
    List<String> all = expected("a", 0, 5);
    all.addAll(expected("b", 0, 2));
    assertThat(read()).isEqualTo(all);
    assertThat(rig.metric("tethys_logs_file_generations_total", "event", "recovered")).isEqualTo(1);
  }

  @Test
  void noticesTruncatedFileThatGrewAgain() {
    rig.write("a.log", lines("a", 0, 3)).tail("a.log");
    rig.copyTruncate("a.log", "elsewhere").write("a.log", lines("b", 0, 9)).look();
    List<String> all = expected("a", 0, 3);
    all.addAll(expected("b", 0, 9));
    assertThat(read()).isEqualTo(all);
  }

  @Test
  void doesNotRereadMatchingCopy() {
    rig.write("a.log", lines("a", 0, 3)).tail("a.log*");
    rig.write("a.log", lines("a", 3, 5)).copyTruncate("a.log", "a.log.1").look();
    rig.write("a.log", lines("b", 0, 2)).later();
    rig.later();
    List<String> all = expected("a", 0, 5);
    all.addAll(expected("b", 0, 2));
    assertThat(read()).isEqualTo(all);
  }

  @Test
  void doesNotReadACopyNextToALiveFile() throws IOException {
    rig.write("a.log", lines("a", 0, 3)).tail("a.log*");
    Files.copy(rig.file("a.log"), rig.file("a.log.bak"));
    rig.look();
    rig.write("a.log", lines("a", 3, 4)).later();
    rig.later();
    assertThat(read()).isEqualTo(expected("a", 0, 4));
  }

  @Test
  void filesWithEqualBeginningsAreNotCopies() {
    rig.write("a.log", "starting\n").tail("*.log");
    rig.write("a-1.log", "starting\n").look();
    rig.later();
    assertThat(rig.lines()).containsExactly("starting", "starting");
  }

  @Test
  void readsADeletedAndRecreatedFileFromItsStart() {
    rig.write("a.log", "1\n2\n3\n").tail("a.log");
    rig.delete("a.log").write("a.log", "1\n2\n3\n4\n").look();
    assertThat(rig.lines()).containsExactly("1", "2", "3", "1", "2", "3", "4");
  }

  @Test
  void readsAClosedFileRecreatedWithTheSameInodeFromItsStart() {
    // With one file open at most, the inode of a closed one is free to be used again.
    rig.write("a.log", "1\n2\n").write("b.log", "x\n");
    rig.tail(FileOptions.DEFAULT, 1, "*.log");
    rig.delete("a.log").write("a.log", "5\n6\n7\n").look();
    assertThat(rig.lines()).contains("1", "2", "5", "6", "7");
  }

  @Test
  void holdsFewFilesOpenAndFindsRenamedOnes() {
    for (int i = 0; i < 50; i++) {
      rig.write("f" + i + ".log", "1\n");
    }
    rig.tail(FileOptions.DEFAULT, 5, "*.log");
    assertThat(rig.metric("tethys_logs_open_files")).isLessThanOrEqualTo(6);
    for (int i = 0; i < 50; i++) {
      String f = "f" + i + ".log";
      rig.write(f, "2\n").move(f, f + ".1").write(f, "3\n");
    }
    rig.look().later();
    assertThat(rig.lines().size()).isEqualTo(150);
    assertThat(rig.metric("tethys_logs_open_files")).isLessThanOrEqualTo(6);
    assertThat(rig.metric("tethys_logs_file_generations_total", "event", "lost")).isNaN();
  }

  @Test
  void followsLinksAndReadsAFileWithTwoNamesOnce() throws IOException {
    rig.write("real-1", "1\n");
    Files.createSymbolicLink(rig.file("a.log"), rig.file("real-1"));
    Files.createSymbolicLink(rig.file("b.log"), rig.file("real-1"));
    rig.tail("*.log");
    assertThat(rig.take()).containsExactly("1");
    rig.write("real-1", "2\n").write("real-2", "3\n").delete("a.log").delete("b.log");
    Files.createSymbolicLink(rig.file("a.log"), rig.file("real-2"));
    rig.look();
    assertThat(rig.lines()).containsExactly("2", "3");
  }

  @Test
  void continuesAtTheDeliveredPosition() {
    rig.write("a.log", "1\n2\n").tail("a.log");
    rig.write("a.log", "3\n");
    assertThat(rig.restart("a.log").lines()).containsExactly("1", "2", "3");
    rig.settles = false;
    rig.write("a.log", "4\n").look();
    rig.settles = true;
    assertThat(rig.restart("a.log").lines()).containsExactly("1", "2", "3", "4", "4");
  }

  @Test
  void outOfOrderDeliveryCountsFromTheFirstOnly() {
    rig.settles = false;
    rig.write("a.log", "1\n").tail("a.log");
    rig.write("a.log", "2\n").look();
    rig.owed.get(1).settle();
    rig.settles = true;
    rig.take();
    assertThat(rig.restart("a.log").lines()).containsExactly("1", "2");
  }

  @Test
  void rotationWhileStoppedLosesAndRepeatsNothing() {
    rig.write("a.log", lines("a", 0, 3)).tail("a.log");
    rig.stop();
    rig.write("a.log", lines("a", 3, 5)).move("a.log", "a.log.1").write("a.log", lines("b", 0, 2));
    rig.move("a.log.1", "a.log.2").move("a.log", "a.log.1").write("a.log", lines("c", 0, 2));
    rig.begin("a.log");
    List<String> all = expected("a", 0, 5);
    all.addAll(expected("b", 0, 2));
    all.addAll(expected("c", 0, 2));
    assertThat(read()).isEqualTo(all);
  }

  @Test
  void rotationDuringJobReplacementLosesAndRepeatsNothing() {
    rig.write("a.log", lines("a", 0, 3)).tail("a.log");
    rig.write("a.log", lines("a", 3, 5)).move("a.log", "a.log.1").write("a.log", lines("b", 0, 2));
    rig.reload("a.log");
    rig.write("a.log", lines("b", 2, 3)).move("a.log.1", "a.log.2").move("a.log", "a.log.1");
    rig.write("a.log", lines("c", 0, 2)).see().reload("a.log");
    rig.reload("a.log").later();
    List<String> all = expected("a", 0, 5);
    all.addAll(expected("b", 0, 3));
    all.addAll(expected("c", 0, 2));
    assertThat(read()).isEqualTo(all);
  }

  @Test
  void rotationDuringLabelChangeLosesAndRepeatsNothing() {
    rig.write("a.log", lines("a", 0, 3)).tail("a.log", "job", "x");
    rig.write("a.log", lines("a", 3, 5)).move("a.log", "a.log.1").write("a.log", lines("b", 0, 2));
    rig.reload("a.log", "job", "y");
    rig.write("a.log", lines("b", 2, 3)).move("a.log", "a.log.2").write("a.log", lines("c", 0, 2));
    rig.restart("a.log", "job", "z").restart("a.log", "job", "x").later();
    List<String> all = expected("a", 0, 5);
    all.addAll(expected("b", 0, 3));
    all.addAll(expected("c", 0, 2));
    assertThat(read()).isEqualTo(all);
  }

  @Test
  void copyTruncationWhileStoppedLosesAndRepeatsNothing() {
    rig.write("a.log", lines("a", 0, 3)).tail("a.log");
    rig.stop();
    rig.write("a.log", lines("a", 3, 5)).copyTruncate("a.log", "a.log.1");
    rig.write("a.log", lines("b", 0, 20)).begin("a.log");
    List<String> all = expected("a", 0, 5);
    all.addAll(expected("b", 0, 20));
    assertThat(read()).isEqualTo(all);
  }

  @Test
  void readsRotatedFileCompressedMeanwhileToItsEnd() throws Exception {
    rig.write("a.log", lines("a", 0, 3)).tail("a.log");
    rig.stop();
    rig.write("a.log", lines("a", 3, 5)).move("a.log", "a.log.1");
    run("gzip", rig.file("a.log.1").toString());
    rig.write("a.log", lines("b", 0, 2)).begin("a.log");
    List<String> all = expected("a", 0, 5);
    all.addAll(expected("b", 0, 2));
    assertThat(read()).isEqualTo(all);
  }

  @Test
  void readsCompressedFilesOnceAndResumesInTheMiddle() throws Exception {
    Decompression[] all = Decompression.values();
    for (String tool : List.of("gzip", "bzip2", "zstd")) {
      rig.write(tool + ".log", lines(tool, 0, 2000));
      run(tool, "--quiet".equals(tool) ? "" : rig.file(tool + ".log").toString());
    }
    FileOptions options =
        new FileOptions(StandardCharsets.UTF_8, all[0], Duration.ZERO, FileOptions.MAX_LINE);
    rig.tail(options, 100, "*.log.*");
    assertThat(read()).hasSize(6000).containsAll(expected("bzip2", 0, 2000));
    assertThat(read()).containsAll(expected("zstd", 0, 2000));
    rig.look().later();
    assertThat(read()).hasSize(6000);
    rig.positions.save();
    rig.close();
    rig.positions = rig.open(folder.resolve("positions.yaml"), false);
    assertThat(rig.positions.text(rig.file("gzip.log.gz").toString())).isEqualTo("2000");
    rig.tail(options, 100, "*.log.*");
    assertThat(read()).hasSize(6000);
  }

  @Test
  void doesNotReadAPlainFileAgainWhenCompressed() throws Exception {
    FileOptions options =
        new FileOptions(
            StandardCharsets.UTF_8, Decompression.GZIP, Duration.ZERO, FileOptions.MAX_LINE);
    rig.write("a.log", lines("a", 0, 5)).tail(options, 100, "a.log*");
    rig.move("a.log", "a.log.1").write("a.log", "b\n").look();
    run("gzip", rig.file("a.log.1").toString());
    rig.look().later();
    rig.later();
    assertThat(read()).hasSize(6);
  }

  @Test
  void readsOtherEncodings() {
    for (String name : List.of("UTF-16LE", "UTF-16BE", "ISO-8859-1", "Shift_JIS")) {
      Charset c = Charset.forName(name);
      String text =
          name.equals("ISO-8859-1") ? "grün\nrot\n" : "ログ\n赤\u0a0a\n".replace("\u0a0a", "");
      Rig r = new Rig(folder);
      r.write(name, text.getBytes(c));
      r.tail(new FileOptions(c, null, Duration.ZERO, 1000), 10, name);
      assertThat(r.lines()).isEqualTo(text.lines().toList());
      r.close();
    }
  }

  @Test
  void newlineByteInsideACharacterDoesNotEndALine() {
    String text = "a\u0a0ab\u0100\nrest\n"; // U+0A0A and U+0100 U+000A have these bytes
    rig.write("x", ("\ufeff" + text).getBytes(StandardCharsets.UTF_16LE));
    rig.tail(new FileOptions(StandardCharsets.UTF_16, null, Duration.ZERO, 1000), 10, "x");
    assertThat(rig.lines()).containsExactly("a\u0a0ab\u0100", "rest");
  }

  @Test
  void skipsByteOrderMark() {
    rig.write("x", "\ufeffone\ntwo\n").tail("x");
    assertThat(rig.lines()).containsExactly("one", "two");
  }

  @Test
  void readsTheBeginningOfATooLongLine() {
    FileOptions options = new FileOptions(StandardCharsets.UTF_8, null, Duration.ZERO, 100_000);
    rig.write("x", "before\n" + "y".repeat(3_000_000)).tail(options, 10, "x");
    rig.write("x", "y".repeat(1_000_000) + "\nafter\n").look();
    assertThat(rig.lines()).hasSize(3).startsWith("before").endsWith("after");
    assertThat(rig.lines().get(1)).isEqualTo("y".repeat(100_000));
    assertThat(rig.metric("tethys_logs_long_lines_total")).isEqualTo(1);
    rig.positions.save();
    rig.take();
    rig.begin("x");
    assertThat(rig.lines()).isEmpty();
  }

  @Test
  void readsLongLineCompletely() {
    String line = "z".repeat(2_500_000);
    rig.write("x", "a\n" + line + "\nb\n").tail("x");
    assertThat(rig.lines()).containsExactly("a", line, "b");
  }

  @Test
  void labelChangeDoesNotRereadFiles() {
    rig.write("a.log", "1\n").tail("a.log", "job", "x");
    assertThat(rig.restart("a.log", "job", "y").lines()).containsExactly("1");
  }

  @Test
  void manySmallChangesAreReadInOrder() {
    rig.tail("a.log");
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      all.add("line " + i);
      rig.write("a.log", "line " + i + "\n").look();
    }
    assertThat(rig.lines()).isEqualTo(all);
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process p = new ProcessBuilder(command).inheritIO().start();
    assertThat(p.waitFor()).isZero();
  }

  /** What was seen and then truncated away cannot be read, but it can be counted. */
  @Test
  void countsSeenAndTruncatedUnreadData() throws IOException {
    rig.write("a.log", "one\n").tail("a.log");
    rig.write("a.log", "seen, not read\n").see();
    Files.write(rig.file("a.log"), "new\n".getBytes(StandardCharsets.UTF_8));
    rig.look();
    assertThat(rig.lines()).containsExactly("one", "new");
    assertThat(rig.metric("tethys_logs_file_lost_bytes_total")).isEqualTo(15);
    assertThat(rig.metric("tethys_logs_file_generations_total", "event", "truncated")).isEqualTo(1);
  }
}
