package dev.tethys.collect.logs.file;

import dev.tethys.collect.logs.EntryClock;
import dev.tethys.collect.logs.EntrySink;
import java.util.Arrays;

/** Dependencies shared by the readers of a job's files. */
record FileReaderContext(
    FileOptions options,
    EntrySink sink,
    EntryClock entryClock,
    FileMetrics metrics,
    Buffer buffer) {
  /** Number of bytes per read. */
  static final int READ = 128 << 10;

  /** Read buffer; grows for a long line and shrinks again after it. */
  static final class Buffer {
    private byte[] bytes = new byte[2 * READ];

    byte[] room(int filled) {
      if (bytes.length < filled + READ) {
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, filled + READ));
      }
      return bytes;
    }

    void shrink() {
      if (bytes.length > 8 * READ) {
        bytes = new byte[2 * READ];
      }
    }
  }
}
