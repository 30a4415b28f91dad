package dev.tethys.collect.logs.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With its threads, and the kernel telling of changes. */
@Tag("slow")
class LiveTest {
  @TempDir Path folder;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final Semaphore room = new Semaphore(0);
  private boolean bounded;
  private Positions positions;
  private FileTailing tailing;

  @BeforeEach
  void begin() throws IOException {
    positions =
        new Positions(
            new RealFiles(),
            folder.resolve("positions.yaml"),
            false,
            false,
            InstantSource.system());
    // What is not told is looked for so late that the test would fail.
    FileTailing.Frequency rarely =
        new FileTailing.Frequency(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1));
    tailing =
        new FileTailing(rarely, positions, new FileMetrics(new Registry()), InstantSource.system());
    tailing.start();
  }

  @AfterEach
  void end() {
    tailing.close();
  }

  private FileJob job(String glob) {
    FileJob job =
        tailing.job(
            "live",
            FileOptions.DEFAULT,
            e -> {
              if (bounded) {
                room.acquire();
              }
              lines.add(e.line());
              e.settle();
            });
    job.targets(List.of(new FileTarget(Glob.of(folder + glob), null, Labels.EMPTY)));
    return job;
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(
        folder.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private String next() throws InterruptedException {
    String line = lines.poll(60, TimeUnit.SECONDS);
    assertThat(line).as("a line within a minute").isNotNull();
    return line;
  }

  @Test
  void readsFilesAfterOutOfMemory() throws Exception {
    AtomicInteger entries = new AtomicInteger();
    FileJob job =
        tailing.job(
            "live",
            FileOptions.DEFAULT,
            e -> {
              if (entries.incrementAndGet() == 2) {
                throw new OutOfMemoryError("Java heap space");
              }
              lines.add(e.line());
              e.settle();
            });
    job.targets(List.of(new FileTarget(Glob.of(folder + "/*.log"), null, Labels.EMPTY)));
    write("a.log", "1\n");
    assertThat(next()).isEqualTo("1");
    write("a.log", "2\n");
    while (entries.get() < 2) {
      Waiting.pause();
    }
    write("b.log", "3\n");
    String line = next();
    while (!line.equals("3")) { // the one that was lost may be read again
      line = next();
    }
  }

  @Test
  void noticesChangesOfFilesFoldersAndLinks() throws Exception {
    job("/**/*.log");
    write("a.log", "1\n");
    assertThat(next()).isEqualTo("1");
    write("a.log", "2\n");
    assertThat(next()).isEqualTo("2");
    Files.createDirectories(folder.resolve("x/y"));
    write("x/y/b.log", "3\n");
    assertThat(next()).isEqualTo("3");
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("real"), "4\n");
    Files.createSymbolicLink(folder.resolve("link.log"), elsewhere.resolve("real"));
    assertThat(next()).isEqualTo("4");
    write("elsewhere/real", "5\n");
    assertThat(next()).isEqualTo("5");
    Files.move(folder.resolve("a.log"), folder.resolve("a.log.1"));
    write("a.log", "6\n");
    assertThat(next()).isEqualTo("6");
  }

  @Test
  void readsDataWrittenDuringTargetRemoval() throws Exception {
    FileJob job = job("/a.log");
    for (int i = 0; i < 50; i++) {
      write("a.log", i + "\n");
      job.targets(List.of());
      if (i % 2 == 0) {
        assertThat(next()).isEqualTo("" + i);
      }
      job.targets(List.of(new FileTarget(Glob.of(folder + "/a.log"), null, Labels.EMPTY)));
      if (i % 2 != 0) {
        assertThat(next()).isEqualTo("" + i);
      }
    }
    assertThat(lines).isEmpty();
  }

  @Test
  void slowReaderThrottlesReadingAndLosesNoRotatedFile() throws Exception {
    bounded = true;
    job("/a.log");
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      write("a.log", "line " + i + "\n");
      all.add("line " + i);
      room.release(i == 0 ? 1 : 0);
      if (i == 0) {
        assertThat(next()).isEqualTo("line 0");
        write("a.log", "stuck\n");
        all.add("stuck");
      }
      Files.move(folder.resolve("a.log"), folder.resolve("a.log." + (6 - i)));
    }
    write("a.log", "last\n");
    all.add("last");
    room.release(100);
    List<String> got = new ArrayList<>(List.of("line 0"));
    while (!got.getLast().equals("last")) {
      got.add(next());
    }
    assertThat(got).isEqualTo(all);
  }

  @Test
  void stopsWhileTheReaderIsBlockedAndContinuesLater() throws Exception {
    bounded = true;
    write("a.log", "1\n2\n3\n");
    FileJob job = job("/a.log");
    room.release(2);
    assertThat(next()).isEqualTo("1");
    assertThat(next()).isEqualTo("2");
    job.stop();
    tailing.end(job);
    assertThat(lines).isEmpty();
    bounded = false;
    job("/a.log");
    assertThat(next()).isEqualTo("3");
  }
}
