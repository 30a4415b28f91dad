package dev.tethys.collect.logs.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files are renamed and compressed in the very moment in which an agent begins that was killed, and
 * looks for what it had not read: whenever that is, no line is missing.
 */
@Tag("slow")
class RotationRaceTest {
  private static final int ROUNDS = 50;
  private static final int LINES = 40;
  private static final int GENERATIONS = 8;
  private static final Random RANDOM = new Random(7);

  @TempDir Path folder;

  @Test
  void readsFilesRotatedDuringStartToTheirEnd() throws Exception {
    Set<String> written = new HashSet<>();
    Set<String> delivered = new HashSet<>();
    try (Rig rig = new Rig(folder)) {
      rig.write("a.log", "");
      rig.tail("a.log");
      for (int round = 0; round < ROUNDS; round++) {
        StringBuilder sb = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
          String line = "line " + round + " " + i + " " + "x".repeat(50);
          written.add(line);
          sb.append(line).append('\n');
        }
        rig.write("a.log", sb.toString());
        rig.settles = false;
        rig.look();
        // A part is delivered, and that is known; then it is killed.
        for (int i = RANDOM.nextInt(LINES); i > 0 && !rig.owed.isEmpty(); i--) {
          rig.settle(0);
        }
        rig.positions.save();
        rig.close();
        rig.owed.clear();
        long after = RANDOM.nextLong(4_000_000);
        Thread rotating = Thread.ofPlatform().start(() -> rotate(after));
        rig.begin("a.log");
        rotating.join();
        rig.look().look();
        while (round % 3 == 0 && !rig.owed.isEmpty()) {
          rig.settle(0);
        }
        rig.positions.save();
        for (LogEntry e : rig.entries) {
          if (rig.isSettled(e)) {
            delivered.add(e.line());
          }
        }
      }
      rig.settles = true;
      while (!rig.owed.isEmpty()) {
        rig.settle(0);
      }
      rig.later();
      rig.entries.stream().filter(rig::isSettled).forEach(e -> delivered.add(e.line()));
    }
    written.removeAll(delivered);
    assertThat(written).isEmpty();
  }

  private void rotate(long after) {
    LockSupport.parkNanos(after);
    try {
      for (int i = GENERATIONS; i >= 1; i--) {
        for (String end : new String[] {"", ".gz"}) {
          if (i == GENERATIONS) {
            Files.deleteIfExists(generation(GENERATIONS + 1, end));
          }
          Path p = generation(i, end);
          if (Files.exists(p)) {
            Files.move(p, generation(i + 1, end));
          }
        }
      }
      Files.move(folder.resolve("a.log"), generation(1, ""));
      Files.createFile(folder.resolve("a.log"));
      Path plain = generation(2, "");
      if (Files.exists(plain)) {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(generation(2, ".gz")))) {
          Files.copy(plain, out);
        }
        Files.setLastModifiedTime(generation(2, ".gz"), Files.getLastModifiedTime(plain));
        Files.delete(plain);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path generation(int n, String end) {
    return folder.resolve("a.log." + n + end);
  }
}
