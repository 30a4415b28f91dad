package dev.tethys.collect.observe.profile;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Names of functions that a runtime compiles while it runs, from /tmp/perf-PID.map (Linux,
 * tools/perf/Documentation/jit-interface.txt). Later lines replace earlier ones.
 */
final class PerfMap {
  private static final long LARGEST = 128L << 20;
  private static final int LONGEST_NAME = 1024;

  private PerfMap() {}

  /** True when there is a map that is a plain file of an allowed size. */
  static boolean exists(Path file) {
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) <= LARGEST;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Names of functions.
   *
   * @param addresses in the memory of the process, ascending
   * @return a name or null for each
   */
  static @Nullable String[] names(Path file, long[] addresses) throws IOException {
    @Nullable String[] out = new String[addresses.length];
    try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      String line;
      while ((line = in.readLine()) != null) {
        int first = line.indexOf(' ');
        int second = line.indexOf(' ', first + 1);
        if (first <= 0 || second < 0) {
          continue;
        }
        try {
          int from = line.startsWith("0x") ? 2 : 0;
          long start = Long.parseUnsignedLong(line, from, first, 16);
          int at = line.startsWith("0x", first + 1) ? first + 3 : first + 1;
          long end = start + Long.parseUnsignedLong(line, at, second, 16);
          int i = Arrays.binarySearch(addresses, start);
          for (i = i < 0 ? -i - 1 : i; i < addresses.length && addresses[i] < end; i++) {
            out[i] = line.substring(second + 1, Math.min(line.length(), second + 1 + LONGEST_NAME));
          }
        } catch (NumberFormatException e) {
          continue; // a line that is being written
        }
      }
    }
    return out;
  }
}
