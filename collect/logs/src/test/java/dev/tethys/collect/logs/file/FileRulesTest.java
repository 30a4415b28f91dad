package dev.tethys.collect.logs.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.re2j.Pattern;
import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class FileRulesTest {
  @TempDir Path folder;
  private @Nullable Rig opened;
  private Rig rig = new Rig(Path.of("/"));

  @BeforeEach
  void open() {
    rig = opened = new Rig(folder);
  }

  @AfterEach
  void close() {
    if (opened != null) {
      opened.close();
    }
  }

  /** Ends in good order, to continue with the saved positions. */
  private void reopen() {
    rig.stop();
    rig = opened = new Rig(folder);
  }

  private Rig tail(FileRules rules) {
    return rig.tail(
        new FileOptions(StandardCharsets.UTF_8, null, Duration.ZERO, FileOptions.MAX_LINE, rules),
        100,
        "*.log");
  }

  private static FileRules records(RecordEnds ends) {
    return new FileRules(
        ends, false, false, Duration.ofMillis(500), false, UnaryOperator.identity());
  }

  @Test
  void recordsStartAtAnExpression() {
    rig.write("a.log", "before\n1 one\n  more\n2 two\n3 thr");
    tail(records(new RecordEnds("^\\d ", true, false)));
    assertThat(rig.take()).containsExactly("before\n", "1 one\n  more\n", "2 two\n");
    rig.write("a.log", "ee\n").look();
    assertThat(rig.take()).isEmpty();
    rig.now += 499;
    rig.look();
    assertThat(rig.take()).isEmpty();
    rig.now += 1;
    rig.look().look();
    assertThat(rig.take()).containsExactly("3 three\n");
    rig.write("a.log", "4 four\n5 five\n").look();
    assertThat(rig.take()).containsExactly("4 four\n");
  }

  @Test
  void omitsRecordSeparatorsIfConfigured() {
    rig.write("a.log", "#a\nx\n#b\ny\n#c\n");
    tail(records(new RecordEnds("^#", true, true)));
    assertThat(rig.take()).containsExactly("a\nx\n", "b\ny\n");
    rig.close();
    Rig second = opened = rig = new Rig(folder.resolve("2"));
    folder.resolve("2").toFile().mkdirs();
    second.write("a.log", "one;two\nmore;thr");
    tail(records(new RecordEnds(";", false, true)));
    assertThat(rig.take()).containsExactly("one", "two\nmore");
    second.write("a.log", "ee;\n").look();
    assertThat(rig.take()).containsExactly("three");
  }

  @Test
  void findsLongRecordsAsAWhole() {
    String line = "x".repeat(150) + "\n";
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      sb.append("start ").append(i).append('\n').append(line.repeat(i * 200));
    }
    rig.write("a.log", sb + "start\n");
    tail(records(new RecordEnds("^start", true, false)));
    assertThat(rig.take())
        .hasSize(20)
        .satisfies(
            l -> {
              for (int i = 0; i < 20; i++) {
                assertThat(l.get(i)).isEqualTo("start " + i + "\n" + line.repeat(i * 200));
              }
            });
  }

  @Test
  void skipsExistingContentAtTheFirstStart() {
    rig.write("a.log", "old\n");
    tail(new FileRules(null, true, false, null, false, UnaryOperator.identity()));
    rig.write("a.log", "new\n").write("b.log", "all\n").look();
    assertThat(rig.take()).containsExactlyInAnyOrder("new", "all");
    rig.write("a.log", "meanwhile\n");
    rig.stop();
    rig.now += 1000;
    rig.write("a.log", "later\n").write("c.log", "new since\n");
    rig.positions = rig.open(folder.resolve("positions.yaml"), false);
    tail(new FileRules(null, true, false, null, false, UnaryOperator.identity()));
    assertThat(rig.take()).containsExactlyInAnyOrder("meanwhile", "later", "new since");
  }

  @Test
  void readsFilesOfTargetsAddedLaterFromTheirStart() {
    rig.write("a.log", "old\n").write("pod/b.log", "written before it was found\n");
    tail(FileRules.NONE.withFromEnd(true));
    rig.targets("*.log", "pod/*.log").look();
    assertThat(rig.take()).containsExactly("written before it was found");
  }

  @Test
  void deletesFileAfterDelivery() {
    rig.settles = false;
    rig.write("a.log", "1\n2");
    tail(new FileRules(null, false, true, Duration.ofMillis(100), false, UnaryOperator.identity()));
    rig.now += 100;
    rig.look().look();
    assertThat(rig.lines()).containsExactly("1", "2");
    assertThat(rig.file("a.log")).exists();
    rig.settle(0);
    rig.look();
    assertThat(rig.file("a.log")).exists();
    rig.settle(0);
    rig.look();
    assertThat(rig.file("a.log")).doesNotExist();
  }

  @Test
  void entriesContainTheirOffset() {
    rig.write("a.log", "a\nbc\n");
    tail(new FileRules(null, false, false, null, true, UnaryOperator.identity()));
    rig.write("a.log", "d\n").look();
    assertThat(rig.entries.stream().map(LogEntry::metadata).map(Object::toString))
        .containsExactly(
            "{number=\"1\", offset=\"0\"}",
            "{number=\"2\", offset=\"2\"}",
            "{number=\"3\", offset=\"5\"}");
  }

  @Test
  void readsOnlySelectedFiles() throws Exception {
    rig.write("a.log", "a\n").write("b.log", "b\n");
    tail(
        new FileRules(
            null,
            false,
            false,
            null,
            false,
            found -> found.stream().filter(p -> p.endsWith("b.log")).toList()));
    assertThat(rig.take()).containsExactly("b");
    Files.delete(rig.file("b.log"));
  }

  @Test
  void combinesSeveralPatterns() {
    Glob g = Glob.anyOf(List.of("/a/*.log", "/b/{x,y}.txt"));
    assertThat(g.matches(Path.of("/a/q.log"))).isTrue();
    assertThat(g.matches(Path.of("/b/y.txt"))).isTrue();
    assertThat(g.matches(Path.of("/b/z.txt"))).isFalse();
  }

  private static FileRules header(String pattern) {
    return new FileRules(
        null,
        false,
        false,
        Duration.ofMillis(500),
        true,
        UnaryOperator.identity(),
        Pattern.compile(pattern),
        false,
        Truncation.WHOLE,
        false);
  }

  private static FileRules truncated(Truncation t) {
    return new FileRules(
        null, false, false, null, false, UnaryOperator.identity(), null, false, t, false);
  }

  private @Nullable String told(int entry) {
    return rig.entries.get(entry).labels().get(FileRules.HEADER);
  }

  @Test
  void headerLinesAreNotEntries() {
    rig.write("a.log", "# by: x\n  # of: y \none\n# two\n");
    tail(header("^#"));
    assertThat(rig.lines()).containsExactly("one", "# two");
    assertThat(told(0)).isEqualTo("# by: x\n# of: y");
    assertThat(rig.entries.getFirst().metadata().get(FileRules.OFFSET)).isEqualTo("19");
    assertThat(rig.entries.getFirst().metadata().get(FileRules.NUMBER)).isEqualTo("1");
  }

  @Test
  void waitsForHeadersUntilAnotherLine() {
    rig.write("a.log", "# by: x\n");
    tail(header("^#"));
    rig.now += 5000;
    rig.look().look();
    rig.write("a.log", "# of").look();
    rig.write("a.log", ": y\n").look();
    assertThat(rig.lines()).isEmpty();
    rig.write("a.log", "one").look();
    rig.now += 500;
    rig.look().look();
    assertThat(rig.lines()).containsExactly("one");
    assertThat(told(0)).isEqualTo("# by: x\n# of: y");
  }

  @Test
  void findsHeadersAfterRestartAndInNewContent() throws IOException {
    rig.write("a.log", "# first\none\n");
    FileOptions options =
        new FileOptions(
            StandardCharsets.UTF_8, null, Duration.ZERO, FileOptions.MAX_LINE, header("^#"));
    rig.tail(options, 100, "*.log");
    rig.take();
    reopen();
    rig.write("a.log", "two\n");
    rig.tail(options, 100, "*.log");
    assertThat(rig.lines()).containsExactly("two");
    assertThat(told(0)).isEqualTo("# first");
    rig.take();
    Files.writeString(rig.file("a.log"), "# second\nthree\n");
    rig.look();
    assertThat(rig.lines()).containsExactly("three");
    assertThat(told(0)).isEqualTo("# second");
  }

  @Test
  void boundsUnterminatedHeader() {
    String line = "#" + "x".repeat(99) + "\n";
    rig.write("a.log", line.repeat(2000));
    tail(header("^#"));
    assertThat(rig.lines()).hasSize(2000 - FileRules.MAX_HEADER / 101);
  }

  @Test
  void appliesTheTruncationModeToSmallerFilesWithTheSameHead() throws IOException {
    String head = "the same beginning of both contents";
    for (Truncation t : Truncation.values()) {
      Path log = rig.file(t + ".log");
      Files.writeString(log, head.repeat(40) + "\n1\n2\n3\n");
      rig.tail(
          new FileOptions(
              StandardCharsets.UTF_8, null, Duration.ZERO, FileOptions.MAX_LINE, truncated(t)),
          100,
          t + ".log");
      rig.take();
      Files.writeString(log, head.repeat(40) + "\nold\n");
      rig.look().look();
      List<String> first = rig.lines();
      rig.take();
      Files.writeString(log, "new\nnewer\n", java.nio.file.StandardOpenOption.APPEND);
      rig.look().look();
      switch (t) {
        case WHOLE -> {
          assertThat(first).containsExactly(head.repeat(40), "old");
          assertThat(rig.lines()).containsExactly("new", "newer");
        }
        case NEW -> {
          assertThat(first).isEmpty();
          assertThat(rig.lines()).containsExactly("new", "newer");
        }
        case IGNORE -> {
          // Six bytes had been read of what is "old\nne" now.
          assertThat(first).isEmpty();
          assertThat(rig.lines()).containsExactly("w", "newer");
        }
      }
      reopen();
    }
  }

  @Test
  void readsLockedFileAfterItsRelease() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/flock")), "flock of util-linux is not there");
    rig.write("a.log", "one\n");
    Process holder =
        new ProcessBuilder("/usr/bin/flock", "-x", rig.file("a.log").toString(), "cat").start();
    holder.getOutputStream().write('x');
    holder.getOutputStream().flush();
    assertThat(holder.getInputStream().read()).isEqualTo('x'); // by now it has the lock
    tail(
        new FileRules(
            null,
            false,
            false,
            null,
            false,
            UnaryOperator.identity(),
            null,
            true,
            Truncation.WHOLE,
            false));
    rig.look();
    assertThat(rig.lines()).isEmpty();
    holder.getOutputStream().close();
    assertThat(holder.waitFor()).isZero();
    rig.look();
    assertThat(rig.lines()).containsExactly("one");
    // Between turns no process is kept out.
    Process other =
        new ProcessBuilder("/usr/bin/flock", "-xn", rig.file("a.log").toString(), "true").start();
    assertThat(other.waitFor()).isZero();
  }

  /** Whether their end is read with them or much later, in UTF-8 and in UTF-16. */
  @Test
  void splitsOrCutsTooLongRecords() throws Exception {
    String longer = "0123456".repeat(5) + "\ud83d\ude00\u00e4\u00f6\u20ac\ud83d\ude00end";
    for (Charset c : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE)) {
      for (boolean atOnce : new boolean[] {true, false}) {
        for (boolean splits : new boolean[] {true, false}) {
          String name = c + "-" + atOnce + "-" + splits + ".log";
          rig.write(name, ("a\n" + longer).getBytes(c));
          if (atOnce) {
            rig.write(name, "\nb\n".getBytes(c));
          }
          rig.tail(
              new FileOptions(
                  c,
                  null,
                  Duration.ZERO,
                  16,
                  new FileRules(null, false, false, null, true, UnaryOperator.identity())
                      .withSplits(splits)),
              100,
              name);
          if (!atOnce) {
            rig.write(name, "\nb\n".getBytes(c)).look();
          }
          List<String> all = rig.lines();
          assertThat(all).as(name).startsWith("a").endsWith("b");
          assertThat(all).allMatch(s -> s.getBytes(c).length <= 16);
          String middle = String.join("", all.subList(1, all.size() - 1));
          assertThat(middle).isEqualTo(splits ? longer : longer.substring(0, all.get(1).length()));
          assertThat(rig.entries.getLast().metadata().getOrNull(FileRules.NUMBER))
              .isEqualTo(String.valueOf(all.size()));
          rig.take();
          assertThat(rig.restart(name).lines()).as("nothing again of " + name).isEmpty();
          reopen();
        }
      }
    }
  }
}
