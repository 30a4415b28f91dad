package dev.tethys.store.logs;

import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.logs.block.LogBlock;
import java.util.Arrays;
import java.util.List;

/** Conditions of a {@link LogFilter} on rows that are in memory. */
final class RowFilter {
  private static final byte[] NONE = {};

  private RowFilter() {}

  /** True if a body fits all conditions. */
  static boolean line(List<LogFilter.Line> lines, byte[] bytes, int from, int to) {
    for (LogFilter.Line l : lines) {
      if (!l.fits(bytes, from, to)) {
        return false;
      }
    }
    return true;
  }

  /** True if the pairs of a row fit all conditions. */
  static boolean metadata(List<Matcher> matchers, List<String> names, LogHead.Chunk c, int row) {
    for (Matcher m : matchers) {
      int pair = pair(m.name(), names, c, row);
      boolean fits =
          pair < 0
              ? m.matches(NONE, 0, 0)
              : m.matches(
                  c.bytes(), c.valueStarts()[pair], c.valueStarts()[pair] + c.valueLengths()[pair]);
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  /** Whether the metadata of a row in a block meets all conditions. */
  static boolean metadata(
      List<Matcher> matchers, String[] names, LogBlock b, int row, ByteSink value) {
    for (Matcher m : matchers) {
      value.clear();
      int name = Arrays.asList(names).indexOf(m.name());
      if (name >= 0) {
        b.appendMetadata(name, row, value);
      }
      if (!m.matches(value.buf, 0, value.size)) {
        return false;
      }
    }
    return true;
  }

  /** Pair of a name, or -1. */
  static int pair(String name, List<String> names, LogHead.Chunk c, int row) {
    for (int p = c.pairStarts()[row]; p < c.pairStarts()[row + 1]; p++) {
      if (names.get(c.pairNames()[p]).equals(name)) {
        return p;
      }
    }
    return -1;
  }
}
