package dev.tethys.collect.observe.profile;

import dev.tethys.collect.observe.kernel.ForeignFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Names of functions that a runtime compiles while it runs, from /tmp/perf-PID.map (Linux,
 * tools/perf/Documentation/jit-interface.txt). Later lines override earlier ones.
 */
final class PerfMap {
  private static final long LARGEST = 128L << 20;
  private static final int LONGEST_NAME = 1024;
  private static final int LONGEST_LINE = 4096;
  private static final int BUFFER = 64 << 10;
  private static final long MAX_NANOS = 2_000_000_000L;

  private PerfMap() {}

  /**
   * Reads function names from a regular file owned by the process's user or root.
   *
   * @param user user ID of the process
   * @param addresses addresses in the process's memory, in ascending order
   * @return a name or null for each
   * @throws IOException if there is no such file
   */
  static @Nullable String[] names(Path file, int user, long[] addresses) throws IOException {
    try (ForeignFile f = ForeignFile.openNoLink(file)) {
      if (f.size() > LARGEST || f.user() != user && f.user() != 0) {
        throw new IOException(file + " is too large, or belongs to another user");
      }
      try (FileChannel channel = f.channel()) {
        return names(channel, addresses);
      }
    }
  }

  private static @Nullable String[] names(FileChannel channel, long[] addresses)
      throws IOException {
    @Nullable String[] out = new String[addresses.length];
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    byte[] bytes = buffer.array();
    byte[] line = new byte[LONGEST_LINE];
    int length = 0;
    long read = 0;
    long end = System.nanoTime() + MAX_NANOS;
    for (int n; (n = channel.read(buffer.clear())) > 0 && read <= LARGEST; read += n) {
      for (int i = 0; i < n; i++) {
        if (bytes[i] == '\n') {
          add(new String(line, 0, length, StandardCharsets.ISO_8859_1), addresses, out);
          length = 0;
        } else if (length < LONGEST_LINE) {
          line[length++] = bytes[i];
        }
      }
      if (System.nanoTime() - end > 0) {
        break; // it is written faster than it is read, or has all addresses in each line
      }
    }
    add(new String(line, 0, length, StandardCharsets.ISO_8859_1), addresses, out);
    return out;
  }

  private static void add(String line, long[] addresses, @Nullable String[] out) {
    int first = line.indexOf(' ');
    int second = line.indexOf(' ', first + 1);
    if (first <= 0 || second < 0) {
      return;
    }
    try {
      int from = line.startsWith("0x") ? 2 : 0;
      long start = Long.parseUnsignedLong(line, from, first, 16);
      int at = line.startsWith("0x", first + 1) ? first + 3 : first + 1;
      long end = start + Long.parseUnsignedLong(line, at, second, 16);
      String name = line.substring(second + 1, Math.min(line.length(), second + 1 + LONGEST_NAME));
      int i = Arrays.binarySearch(addresses, start);
      for (i = i < 0 ? -i - 1 : i; i < addresses.length && addresses[i] < end; i++) {
        out[i] = name;
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      // a line that is being written
    }
  }
}
