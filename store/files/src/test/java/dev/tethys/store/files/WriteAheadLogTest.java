package dev.tethys.store.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments whose disk, memory or thread fails. */
class WriteAheadLogTest {
  private static final Path WAL = Path.of("/wal");

  private static ByteSink frame(long value) {
    ByteSink out = new ByteSink();
    int at = Frames.begin(out);
    out.putLong(value);
    Frames.end(out, at);
    return out;
  }

  private static List<Long> values(FileAccess files, Path folder) throws IOException {
    List<Long> out = new ArrayList<>();
    for (long n : WriteAheadLog.segments(files, folder)) {
      Frames.ScanResult f = WriteAheadLog.read(files, folder, n, in -> out.add(in.getLong()));
      assertThat(f.damagedBytes() + f.tornBytes()).as("junk in segment " + n).isZero();
    }
    return out;
  }

  @Test
  void truncatesAPartialFrameBeforeTheNextAppend() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(1);
    WriteAheadLog log = new WriteAheadLog(disk, WAL, 1 << 20, 0);
    log.append(frame(1), false);
    disk.outOfMemory(true);
    assertThatThrownBy(() -> log.append(frame(2), false)).isInstanceOf(OutOfMemoryError.class);
    disk.outOfMemory(false);
    assertThat(values(disk.afterKill(), WAL)).containsExactly(1L);
    log.append(frame(3), false);
    // A disk that is full later cuts what was refused then, and nothing before.
    disk.setFree(5);
    assertThatThrownBy(() -> log.append(frame(4), false)).isInstanceOf(IOException.class);
    disk.setFree(Long.MAX_VALUE);
    log.append(frame(5), false);
    assertThat(values(disk.afterKill(), WAL)).containsExactly(1L, 3L, 5L);
  }

  @Test
  void recreatesASegmentAfterAnOutOfMemoryError() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(2);
    WriteAheadLog log = new WriteAheadLog(disk, WAL, 1 << 20, 0);
    disk.outOfMemory(true);
    assertThatThrownBy(() -> log.append(frame(1), false)).isInstanceOf(OutOfMemoryError.class);
    assertThat(disk.list(WAL)).isEmpty();
    disk.outOfMemory(false);
    log.append(frame(2), false);
    assertThat(values(disk.afterKill(), WAL)).containsExactly(2L);
  }

  @Test
  void failedForceLeavesTheSegmentInDoubt() throws IOException {
    SimulatedFiles disk = new SimulatedFiles(3);
    WriteAheadLog log = new WriteAheadLog(disk, WAL, 1 << 20, 0);
    log.append(frame(1), false);
    disk.outOfMemory(true);
    assertThatThrownBy(log::sync).isInstanceOf(OutOfMemoryError.class);
    disk.outOfMemory(false);
    assertThat(log.isDoubtful()).isTrue();
  }

  @Test
  void forcesSegmentsAfterADoubtfulOne() throws IOException {
    for (int seed = 0; seed < 20; seed++) {
      SimulatedFiles disk = new SimulatedFiles(seed);
      WriteAheadLog log = new WriteAheadLog(disk, WAL, 1 << 20, 0);
      log.append(frame(1), false);
      disk.failForce(true);
      assertThatThrownBy(log::sync).isInstanceOf(IOException.class);
      disk.failForce(false);
      log.rotate();
      log.append(frame(2), false);
      log.rotate();
      log.append(frame(3), false);
      log.sync();
      assertThat(log.isDoubtful()).isTrue();
      List<Long> kept = new ArrayList<>();
      SimulatedFiles after = disk.afterPowerCut();
      for (long n : WriteAheadLog.segments(after, WAL)) {
        WriteAheadLog.read(after, WAL, n, in -> kept.add(in.getLong()));
      }
      assertThat(kept).contains(2L, 3L);
    }
  }

  @Test
  void interruptedThreadsDoNotCloseTheLog(@TempDir Path folder) throws Exception {
    RealFiles files = new RealFiles();
    Path wal = folder.resolve("wal");
    try (WriteAheadLog log = new WriteAheadLog(files, wal, 100, 0)) {
      for (long i = 0; i < 20; i++) { // several segments
        long value = i;
        boolean[] still = new boolean[1];
        Throwable[] failed = new Throwable[1];
        Thread t =
            new Thread(
                () -> {
                  Thread.currentThread().interrupt();
                  try {
                    log.append(frame(value), value % 2 == 0);
                    log.sync();
                  } catch (IOException e) {
                    failed[0] = e;
                  }
                  still[0] = Thread.currentThread().isInterrupted();
                });
        t.start();
        t.join();
        assertThat(failed[0]).isNull();
        assertThat(still[0]).as("who is interrupted hears of it").isTrue();
      }
      assertThat(log.isDoubtful()).isFalse();
      assertThat(values(files, wal)).hasSize(20);
    }
  }

  @Test
  void opensFolderOfEarlierVersion(@TempDir Path folder) throws IOException {
    HexFormat hex = HexFormat.of();
    Files.write(
        folder.resolve("00000001"),
        hex.parseHex(
            "5454485357414c0101000000000000007e5457a108000000a5cf14c50100000000000000"
                + "7e5457a108000000cc48501e0200000000000000"));
    Files.write(
        folder.resolve("00000002"),
        hex.parseHex("5454485357414c0102000000000000007e5457a108000000eb356c570300000000000000"));
    RealFiles files = new RealFiles();
    try (WriteAheadLog log = new WriteAheadLog(files, folder, 1 << 20, 0)) {
      assertThat(values(files, folder)).containsExactly(1L, 2L, 3L);
      log.append(frame(4), true);
      assertThat(log.segment()).isEqualTo(3);
    }
    assertThat(values(files, folder)).containsExactly(1L, 2L, 3L, 4L);
  }
}
