package dev.tethys.collect.host.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A line of /proc/net/dev.
 *
 * @param values column values in order: eight for receive (bytes, packets, errs, drop, fifo, frame,
 *     compressed, multicast), eight for transmit (bytes, packets, errs, drop, fifo, colls, carrier,
 *     compressed)
 */
record NetdevLine(String name, double[] values) {
  static final int COLUMNS = 16;

  /**
   * Reads the lines of some devices.
   *
   * @param wanted selects lines by name; the numbers of others may be malformed
   */
  static List<NetdevLine> read(Text t, Predicate<String> wanted) throws MalformedException {
    List<NetdevLine> out = new ArrayList<>();
    for (int line = 0; t.nextLine(); line++) {
      if (line < 2) {
        continue; // headings
      }
      // A name may hold colons (eth0:1), and a number may follow the last one without a blank.
      int colon = t.lineEnd - 1;
      while (colon >= t.lineStart && t.buf[colon] != ':') {
        colon--;
      }
      if (colon < t.lineStart) {
        throw t.malformed("no device in \"" + t.line() + "\"");
      }
      String name = t.line().substring(0, colon - t.lineStart).strip();
      if (!wanted.test(name)) {
        continue;
      }
      t.fieldEnd = colon + 1;
      double[] values = new double[COLUMNS];
      for (int i = 0; i < values.length; i++) {
        values[i] = t.nextUnsigned();
      }
      out.add(new NetdevLine(name, values));
    }
    return out;
  }
}
