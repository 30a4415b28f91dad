package dev.tethys.collect.observe.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.observe.kernel.ProgramLoadException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Probes on a /proc of the test, with libssl of this machine as a library of its processes. */
class TlsProbesTest {
  private static final Path LIBRARY = Path.of("/usr/lib/x86_64-linux-gnu/libssl.so.3");
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path proc;
  private final Set<String> attached = new HashSet<>();
  private boolean refuses;
  private int ends; // process that ends while its file is attached
  private long now = 1;

  private Runnable attach(String program, Path file, long offset) throws ProgramLoadException {
    if (refuses) {
      throw new ProgramLoadException("not permitted");
    }
    if (ends != 0) {
      try {
        end(ends);
        ends = 0;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      throw new ProgramLoadException("no such file or directory");
    }
    String point = program + offset;
    attached.add(point);
    return () -> attached.remove(point);
  }

  private TlsProbes probes() {
    assumeTrue(Files.exists(LIBRARY), LIBRARY + " is not on this machine");
    return new TlsProbes(proc, this::attach, 7, () -> now);
  }

  private void process(int pid, boolean uses) throws Exception {
    Path folder = Files.createDirectories(proc.resolve(Integer.toString(pid)));
    if (!Files.exists(folder.resolve("root"))) {
      Path copy = proc.resolve("files" + LIBRARY); // one file for all
      if (!Files.exists(copy)) {
        Files.createDirectories(copy.getParent());
        Files.copy(LIBRARY, copy);
      }
      Files.createSymbolicLink(folder.resolve("root"), proc.resolve("files"));
    }
    Files.writeString(
        folder.resolve("maps"),
        uses ? "7f0000000000-7f0000001000 r-xp 00000000 08:01 5    " + LIBRARY + "\n" : "");
  }

  private void end(int pid) throws IOException {
    Files.delete(proc.resolve(pid + "/maps"));
    Files.delete(proc.resolve(pid + "/root"));
    Files.delete(proc.resolve(Integer.toString(pid)));
  }

  @Test
  void attachesFileOnceAndReleasesItAfterItsLastProcess() throws Exception {
    TlsProbes probes = probes();
    process(1, true);
    process(2, true);
    process(7, true); // the agent
    probes.pass();
    int points = attached.size();
    assertThat(points).isGreaterThanOrEqualTo(8);
    end(1);
    now += 40 * SECOND;
    probes.pass();
    assertThat(attached).hasSize(points);
    end(2);
    probes.pass();
    assertThat(attached).as("the next process often comes soon").hasSize(points);
    now += 40 * SECOND;
    probes.pass();
    assertThat(attached).isEmpty();
  }

  @Test
  void findsLibraryLoadedLater() throws Exception {
    TlsProbes probes = probes();
    process(1, false);
    probes.pass();
    process(1, true);
    probes.pass();
    assertThat(attached).isEmpty();
    now += SECOND / 4;
    probes.suspect(1); // its connection was encrypted
    probes.pass();
    assertThat(attached).isNotEmpty();
  }

  @Test
  void avoidsFileTemporarilyAfterACrash() throws Exception {
    TlsProbes probes = probes();
    process(1, true);
    process(2, true);
    probes.pass();
    probes.killed(1, 15);
    assertThat(attached).as("SIGTERM is no fault").isNotEmpty();
    probes.killed(1, 11);
    assertThat(attached).isEmpty();
    assertThat(probes.counts().backOffs()).isEqualTo(1);
    assertThat(probes.counts().backingOff()).isEqualTo(1);
    now += 300 * SECOND;
    probes.pass();
    assertThat(attached).isEmpty();
    now += 301 * SECOND;
    probes.pass();
    assertThat(attached).isNotEmpty();
    probes.killed(2, 11);
    now += 700 * SECOND;
    probes.pass();
    assertThat(attached).as("the second pause is longer").isEmpty();
  }

  @Test
  void countsRejectionsAndLeavesNothingAttached() throws Exception {
    TlsProbes probes = probes();
    refuses = true;
    process(1, true);
    probes.pass();
    assertThat(attached).isEmpty();
    assertThat(probes.counts().failures()).isEqualTo(1);
    now += 100 * SECOND;
    probes.pass();
    assertThat(probes.counts().failures()).as("it is not tried again").isEqualTo(1);
  }

  @Test
  void endedProcessDoesNotBlockTheFileForTheNext() throws Exception {
    TlsProbes probes = probes();
    process(1, true);
    ends = 1;
    probes.pass();
    assertThat(attached).isEmpty();
    assertThat(probes.counts().failures()).isZero();
    process(2, true);
    probes.pass();
    assertThat(attached).isNotEmpty();
  }

  @Test
  void oneCallDetachesAllProbesPermanently() throws Exception {
    TlsProbes probes = probes();
    process(1, true);
    probes.pass();
    probes.detachAll();
    assertThat(attached).isEmpty();
    now += 100 * SECOND;
    probes.pass();
    assertThat(attached).isEmpty();
  }
}
