package dev.tethys.store.logs;

import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.logs.block.LogBlock;
import dev.tethys.store.logs.block.LogRows;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Readable rows of a damaged block: rows whose stream, time and body are in undamaged sections. A
 * name of metadata with a value that is not readable is excluded from all rows.
 *
 * @param rows streams are indexes in the streams of the block
 * @param names metadata names
 * @param missingNames names of metadata that are omitted
 * @param missing description of missing data for warnings; empty if only search sections are
 *     damaged
 */
record ReadableRows(
    LogHead.Chunk rows, List<String> names, List<String> missingNames, String missing) {
  /** Maximum number of names listed in a warning. */
  private static final int MAX_SHOWN = 10;

  /**
   * Reads the readable rows.
   *
   * @param block opens the block
   * @param all number of rows that the index of the part lists
   */
  static ReadableRows of(Opener block, long all) {
    LogRows out = new LogRows().clear();
    List<String> names = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    LogBlock b = null;
    try {
      b = block.open();
      for (byte[] name : b.metadataNames()) {
        names.add(new String(name, StandardCharsets.UTF_8));
      }
      read(b, readableNames(b, names, missing), out);
    } catch (CorruptionException e) {
      // what was read until then is readable
    } finally {
      if (b != null) {
        b.release();
      }
    }
    return new ReadableRows(LogHead.Chunk.of(out), names, missing, text(all, out.count, missing));
  }

  private static String text(long all, int found, List<String> missing) {
    if (found == all && missing.isEmpty()) {
      return "";
    }
    String text = all - found + " of " + all + " rows are missing";
    if (missing.isEmpty() || found == 0) {
      return text;
    }
    int shown = Math.min(MAX_SHOWN, missing.size());
    return (found == all ? all + " rows lack metadata " : text + ", others lack metadata ")
        + String.join(", ", missing.subList(0, shown))
        + (missing.size() > shown ? " and " + (missing.size() - shown) + " more" : "");
  }

  /** Opens a block. */
  @FunctionalInterface
  interface Opener {
    /** Opens the block. */
    LogBlock open();
  }

  private static boolean[] readableNames(LogBlock b, List<String> names, List<String> missing) {
    boolean[] out = new boolean[names.size()];
    ByteSink value = new ByteSink(256);
    for (int n = 0; n < out.length; n++) {
      try {
        for (int r = 0; r < b.rows(); r++) {
          b.appendMetadata(n, r, value.clear());
        }
        out[n] = true;
      } catch (CorruptionException e) {
        missing.add(names.get(n));
      }
    }
    return out;
  }

  private static void read(LogBlock b, boolean[] names, LogRows out) {
    int[] streams = b.streamIndexes();
    long[] times = b.times();
    ByteSink body = new ByteSink(1 << 10);
    for (int t = 0; t < b.templateCount(); t++) {
      try {
        for (int r = b.firstRow(t); r < b.firstRow(t + 1); r++) {
          b.appendBody(t, r, body.clear());
          out.add(times[r], streams[r], body.buf, 0, body.size);
          for (int n = 0; n < names.length; n++) {
            if (names[n] && b.appendMetadata(n, r, body.clear())) {
              out.metadata(n, body.buf, 0, body.size);
            }
          }
        }
      } catch (CorruptionException e) {
        // columns of this template are damaged, those of others may not be
      }
    }
  }
}
