package dev.tethys.collect.logs.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A writer that writes, rotates, copies, truncates and compresses concurrently with a reader that
 * looks, ends and is killed, all at random: every line is delivered in order, and once unless it
 * was killed. The writer keeps account of what no reader can know: lines that were truncated away,
 * or deleted with their file, before anybody looked. These and no others are missing.
 *
 * <p>The seeds are fixed; {@code -Dtethys.random-tailing=N} tries N of each kind, which differ from
 * run to run.
 */
@Tag("slow")
class RandomTailingTest {
  private static final int STEPS = 120;
  private static final int TRIES = Integer.getInteger("tethys.random-tailing", 20);
  private static final long FIRST =
      Integer.getInteger("tethys.random-tailing") == null ? 0 : System.nanoTime() >>> 8;

  @Test
  void deliversEveryLineOnceInOrder() throws IOException {
    for (long seed = FIRST; seed < FIRST + TRIES; seed++) {
      run(seed, false, seed % 2 == 0 ? "a.log*" : "a.log");
    }
  }

  @Test
  void deliversEveryLineAtLeastOnceAfterAKill() throws IOException {
    for (long seed = FIRST; seed < FIRST + TRIES; seed++) {
      run(seed, true, seed % 2 == 0 ? "a.log*" : "a.log");
    }
  }

  private static void run(long seed, boolean killed, String glob) throws IOException {
    Path folder = Files.createTempDirectory("random-tailing");
    try (Rig rig = new Rig(folder)) {
      new Checker(rig, new Random(seed), seed, killed, glob).run();
    } finally {
      try (Stream<Path> s = Files.walk(folder)) {
        s.sorted(Comparator.reverseOrder()).forEach(p -> p.toFile().delete());
      }
    }
  }

  private static final class Checker {
    private final Rig rig;
    private final Random random;
    private final boolean killed;
    private final String glob;
    private final long seed;
    private final List<String> written = new ArrayList<>();
    private final Set<String> erased = new HashSet<>(); // certainly before anybody looked
    private final Set<String> perhaps = new HashSet<>(); // when they were not delivered
    private final List<String> steps = new ArrayList<>();
    private boolean partial;
    private boolean saved; // something of what the file holds now is known to the next process
    private boolean seen; // something of what the file holds now

    Checker(Rig rig, Random random, long seed, boolean killed, String glob) {
      this.seed = seed;
      this.rig = rig;
      this.random = random;
      this.killed = killed;
      this.glob = glob;
    }

    void run() throws IOException {
      rig.write("a.log", "").tail(glob);
      rig.positions.save();
      for (int i = 0; i < STEPS; i++) {
        step(random.nextInt(100));
      }
      finishLine();
      settleAll();
      look();
      rig.later();
      rig.later();
      List<String> got = rig.entries.stream().filter(rig::isSettled).map(LogEntry::line).toList();
      if (killed) {
        got = new ArrayList<>(new LinkedHashSet<>(got));
      }
      Set<String> arrived = new HashSet<>(got);
      List<String> expected = new ArrayList<>(written);
      expected.removeIf(l -> erased.contains(l) || (perhaps.contains(l) && !arrived.contains(l)));
      if (killed || !glob.equals("a.log")) {
        // Files that are found at once, each by its own name, have no order among them; so have
        // those of which nothing was saved when it was killed.
        got = got.stream().sorted().toList();
        expected.sort(null);
      }
      int same = 0;
      while (same < Math.min(got.size(), expected.size())
          && got.get(same).equals(expected.get(same))) {
        same++;
      }
      // The whole would fill a screen.
      assertThat(got.subList(same, Math.min(got.size(), same + 3)))
          .as("seed %s: %s of %s lines, %s", seed, got.size(), expected.size(), steps)
          .isEqualTo(expected.subList(same, Math.min(expected.size(), same + 3)));
    }

    private void settleAll() {
      rig.settles = true;
      while (!rig.owed.isEmpty()) {
        rig.settle(rig.owed.size() - 1);
      }
    }

    /** The lines of a file, compressed or not. */
    private static List<String> lines(Path file) throws IOException {
      if (!file.toString().endsWith(".gz")) {
        return Files.readAllLines(file);
      }
      try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file))) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      }
    }

    /** Lines of a file that were not read since this process began. */
    private List<String> unread(String file) throws IOException {
      List<String> lines = new ArrayList<>(lines(rig.file(file)));
      rig.entries.forEach(e -> lines.remove(e.line()));
      return lines;
    }

    /** The content of a file will be nowhere: the model learns what of it is not delivered. */
    private void erase(String file) throws IOException {
      for (String l : lines(rig.file(file))) {
        if (!rig.isDelivered(l) && !isCopied(l, file)) {
          // One that is open is read to its end though it is deleted.
          perhaps.add(l);
        }
      }
    }

    private boolean isCopied(String line, String but) throws IOException {
      for (int i = 0; i <= 9; i++) {
        for (String end : new String[] {"", ".gz"}) {
          Path p = rig.file((i == 0 ? "a.log" : "a.log." + i) + end);
          if (!p.endsWith(but) && Files.exists(p) && lines(p).contains(line)) {
            return true;
          }
        }
      }
      return false;
    }

    private void step(int what) throws IOException {
      if (what < 40) {
        write();
      } else if (what < 70) {
        look();
        rig.now += random.nextInt(3000);
      } else if (what < 78) {
        rotate();
      } else if (what < 84) {
        copyTruncate();
      } else if (what < 85) {
        truncate();
      } else if (what < 87) {
        compress();
      } else if (what < 89) {
        said("save");
        rig.positions.save();
        saved = seen;
      } else if (what < 92) {
        // In good order everything is delivered before it ends.
        settleAll();
        said("restart");
        rig.restart(glob);
        seen = holdsALine();
      } else if (what < 96 && killed) {
        said("kill");
        rig.close();
        rig.owed.clear();
        rig.begin(glob);
        seen = holdsALine();
      } else {
        rig.settles = random.nextBoolean();
        while (!rig.owed.isEmpty() && random.nextInt(4) > 0) {
          rig.settle(random.nextInt(rig.owed.size()));
        }
      }
    }

    private void look() throws IOException {
      said("look");
      rig.look();
      seen = holdsALine();
    }

    private boolean holdsALine() throws IOException {
      // Smaller ones may be copies or not, and are rather read again than not at all.
      return Files.size(rig.file("a.log")) > 2 * CopyDetector.SMALLEST_COPY;
    }

    private void said(String what) {
      steps.add(what + "@" + written.size());
    }

    private void write() {
      StringBuilder sb = new StringBuilder();
      for (int n = random.nextInt(20); n >= 0; n--) {
        if (partial) {
          sb.append(" end\n");
          partial = false;
          continue;
        }
        String line = "line " + written.size() + " " + "x".repeat(random.nextInt(100));
        written.add(line + " end");
        sb.append(line);
        partial = true;
        if (n > 0 || random.nextBoolean()) {
          sb.append(" end\n");
          partial = false;
        }
      }
      rig.write("a.log", sb.toString());
    }

    private void finishLine() {
      if (partial) {
        rig.write("a.log", " end\n");
        partial = false;
      }
    }

    private void shift() throws IOException {
      for (String end : new String[] {"", ".gz"}) {
        if (Files.exists(rig.file("a.log.8" + end))) {
          erase("a.log.8" + end);
        }
        for (int i = 8; i >= 1; i--) {
          if (Files.exists(rig.file("a.log." + i + end))) {
            rig.move("a.log." + i + end, "a.log." + (i + 1) + end);
          }
        }
        Files.deleteIfExists(rig.file("a.log.9" + end));
      }
    }

    /** As logrotate with delaycompress, and a kubelet: not the file that was rotated last. */
    private void compress() throws IOException {
      int i = 2 + random.nextInt(3);
      Path plain = rig.file("a.log." + i);
      if (!glob.equals("a.log") || !Files.exists(plain)) {
        return; // what is compressed is matched as well, and read as it is
      }
      said("compress " + i);
      try (OutputStream out =
          new GZIPOutputStream(Files.newOutputStream(rig.file("a.log." + i + ".gz")))) {
        Files.copy(plain, out);
      }
      Files.setLastModifiedTime(
          rig.file("a.log." + i + ".gz"), Files.getLastModifiedTime(plain)); // as gzip does it
      Files.delete(plain);
    }

    private void rotate() throws IOException {
      finishLine();
      said("rotate");
      shift();
      rig.move("a.log", "a.log.1").write("a.log", "");
      seen = false;
      saved = false;
    }

    private void truncate() throws IOException {
      finishLine();
      said("truncate");
      erase("a.log");
      // What no one checked, no one can know.
      for (String l : unread("a.log")) {
        if (perhaps.contains(l)) {
          erased.add(l);
        }
      }
      Files.write(rig.file("a.log"), new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
      seen = false;
      saved = false;
    }

    private void copyTruncate() throws IOException {
      if (!(killed ? saved : seen) || (!killed && !glob.equals("a.log"))) {
        return; // copies of unread files are not recognised; copies that match may be read again
      }
      finishLine();
      said("copytruncate");
      shift();
      rig.copyTruncate("a.log", "a.log.1");
      seen = false;
      saved = false;
    }
  }
}
