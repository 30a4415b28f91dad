package dev.tethys.store.metrics;

import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.store.files.Frames;
import dev.tethys.store.files.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Checks the write-ahead log of a data folder without opening it, for tools. Changes nothing. */
public final class LogCheck {
  private LogCheck() {}

  /**
   * Check result.
   *
   * @param tornBytes size of the records that were being written when the process ended
   * @param problems damage, by segment
   */
  public record CheckResult(int segments, long records, long tornBytes, List<String> problems) {}

  /** Reads every segment and checks the checksum of every record. */
  public static CheckResult run(Path folder) throws IOException {
    FileAccess files = new RealFiles();
    Path wal = folder.resolve("wal");
    int segments = 0;
    long records = 0;
    long torn = 0;
    List<String> problems = new ArrayList<>();
    for (long n : WriteAheadLog.segments(files, wal)) {
      Frames.ScanResult f = WriteAheadLog.read(files, wal, n, payload -> {});
      segments++;
      records += f.frames();
      torn += f.tornBytes();
      if (f.damagedBytes() > 0) {
        problems.add(
            String.format(Locale.ROOT, "%s/%08d: %d bytes are damaged", wal, n, f.damagedBytes()));
      }
    }
    return new CheckResult(segments, records, torn, problems);
  }
}
