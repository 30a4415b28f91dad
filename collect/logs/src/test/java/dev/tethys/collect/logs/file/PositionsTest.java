package dev.tethys.collect.logs.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PositionsTest {
  @TempDir Path folder;
  private Path file;
  private Rig rig;

  @BeforeEach
  void begin() {
    file = folder.resolve("positions.yaml");
    rig = new Rig(folder);
  }

  @Test
  void continuesAfterPromtail() throws IOException {
    rig.write("a.log", "1\n2\n3\n");
    Files.writeString(
        file, "positions:\n  " + rig.file("a.log") + ": \"4\"\n  cursor-j: \"s=1;i=2\"\n");
    rig.begin("a.log");
    assertThat(rig.lines()).containsExactly("3");
    assertThat(rig.positions.cursor("j")).isEqualTo("s=1;i=2");
    rig.stop();
    assertThat(Files.readString(file))
        .isEqualTo("positions:\n  " + rig.file("a.log") + ": \"6\"\n  cursor-j: \"s=1;i=2\"\n");
  }

  @Test
  void continuesAfterAlternatingWithPromtail() throws IOException {
    rig.write("a.log", "1\n2\n3\n").tail("a.log");
    rig.stop();
    rig.take();
    rig.write("a.log", "4\n5\n");
    Files.writeString(file, "positions:\n  " + rig.file("a.log") + ": \"8\"\n");
    assertThat(rig.begin("a.log").lines()).containsExactly("5");
  }

  @Test
  void positionBeyondTheEndMeansTheStart() throws IOException {
    rig.write("a.log", "1\n");
    Files.writeString(file, "positions:\n  " + rig.file("a.log") + ": \"400\"\n");
    assertThat(rig.begin("a.log").lines()).containsExactly("1");
  }

  @Test
  void rejectsInvalidYamlUnlessConfigured() throws IOException {
    Files.write(file, new byte[300]); // as after a crash of the machine
    assertThatThrownBy(() -> rig.begin("a.log"))
        .hasMessageContaining("invalid yaml positions file")
        .hasMessageContaining("ignore_invalid_yaml");
    assertThat(rig.open(file, true).cursor("x")).isEmpty();
    Files.writeString(file, "positions: [1]");
    assertThatThrownBy(() -> rig.begin("a.log")).hasMessageContaining("invalid yaml");
    Files.writeString(file, "");
    assertThat(rig.open(file, false).cursor("x")).isEmpty();
  }

  @Test
  void forgetsRemovedPaths() throws IOException {
    Files.writeString(file, "positions:\n  /nowhere/x.log: \"4\"\n");
    rig.begin("a.log");
    rig.stop();
    assertThat(Files.readString(file)).isEqualTo("positions: {}\n");
  }

  @Test
  void remembersMissingFilesForADay() {
    rig.write("a.log", "1\n").tail("a.log");
    rig.stop();
    rig.begin("other");
    rig.stop();
    rig.begin("a.log");
    assertThat(rig.lines()).containsExactly("1");
    rig.stop();
    rig.begin("other");
    rig.now += Positions.KEEP.plus(Duration.ofHours(1)).toMillis();
    rig.positions.save();
    assertThat(rig.positions.of(rig.file("a.log").toString())).isEmpty();
  }

  @Test
  void damagedPositionsFallBackToTheEarlierOnes() throws IOException {
    rig.write("a.log", "1\n").tail("a.log");
    rig.positions.save();
    rig.stop();
    Path own = folder.resolve("positions.yaml.tethys");
    byte[] b = Files.readAllBytes(own);
    b[b.length / 2] ^= 1;
    Files.write(own, b);
    assertThat(rig.begin("a.log").lines()).containsExactly("1");
  }

  @Test
  void anyPathRoundTrips() {
    Checkpoint c =
        new Checkpoint(
            "s\\t\t", "/a\nb\\n\r", new FileId(1, -2, 3), 4, 5, 6, -7, 8, 9, true, false, true, 10);
    CheckpointFile.Saved s = CheckpointFile.parse(CheckpointFile.bytes(Set.of("ab"), List.of(c)));
    assertThat(s).isEqualTo(new CheckpointFile.Saved(Set.of("ab"), List.of(c)));
  }

  /** The first version of the format, of which an earlier program may have left a file. */
  @Test
  void readsTheFirstFormatVersion() {
    Checkpoint c =
        new Checkpoint("s", "/a", new FileId(1, 2, 3), 4, 5, 6, 7, 8, 9, false, true, true, 10);
    String now = new String(CheckpointFile.bytes(Set.of("ab"), List.of(c)), UTF_8);
    String body =
        now.substring(0, now.lastIndexOf("end "))
            .replace("tethys-positions 2\nbeside ab\n", "tethys-positions 1\n");
    byte[] first =
        (body + "end " + CheckpointFile.hash(body.getBytes(UTF_8)) + "\n").getBytes(UTF_8);
    assertThat(CheckpointFile.parse(first))
        .isEqualTo(new CheckpointFile.Saved(Set.of(), List.of(c)));
  }

  /**
   * It is killed after its own file was replaced and before Promtail's was, which then names the
   * file that was there before.
   */
  @Test
  void doesNotPreferOlderPromtailPositions() throws IOException {
    rig.write("a.log", "1 of the old file\n2 of the old file\n3 of the old file\n").tail("a.log");
    rig.positions.save();
    byte[] older = Files.readAllBytes(file);
    rig.move("a.log", "a.log.1").write("a.log", "1\n").look();
    rig.positions.save();
    rig.close();
    Files.write(file, older);
    rig.write("a.log", "2\n".repeat(50) + "3\n");
    rig.take();
    assertThat(rig.begin("a.log").lines()).hasSize(51).startsWith("2").endsWith("3");
  }

  @Test
  void idleFilesAreNotCheckedEachTime() {
    AtomicInteger looks = new AtomicInteger();
    rig.begin("a.log");
    rig.positions.add(
        () -> {
          looks.incrementAndGet();
          return List.of();
        });
    rig.positions.save();
    rig.positions.save();
    rig.now += Positions.CHECK_INTERVAL.toMillis() - 1;
    rig.positions.save();
    assertThat(looks).hasValue(1);
    rig.write("a.log", "one\n").look();
    rig.take();
    rig.positions.save();
    assertThat(looks).hasValue(2);
    rig.positions.putCursor("j", "s=1");
    rig.positions.save();
    assertThat(looks).hasValue(3);
    rig.now += Positions.CHECK_INTERVAL.toMillis();
    rig.positions.save();
    assertThat(looks).hasValue(4);
  }

  /** With thousands of idle files, saving each second must not cost anything. */
  @Test
  void doesNotRewriteUnchangedPositions() throws IOException {
    rig.write("a.log", "one\n").tail("*.log");
    Path yaml = rig.file("positions.yaml");
    rig.positions.save();
    FileTime longAgo = FileTime.fromMillis(1000);
    Files.setLastModifiedTime(yaml, longAgo);
    rig.positions.save();
    assertThat(Files.getLastModifiedTime(yaml)).isEqualTo(longAgo);
    rig.write("a.log", "two\n").look();
    rig.positions.save();
    assertThat(Files.getLastModifiedTime(yaml)).isNotEqualTo(longAgo);
    assertThat(Files.readString(yaml)).contains("a.log: \"8\"");
    Files.delete(yaml);
    rig.positions.save();
    assertThat(yaml).exists();
  }
}
