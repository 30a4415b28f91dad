package dev.tethys.model.file;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Finds the complete records of a file, starting after its header.
 *
 * <p>All complete records around damage are found: after an invalid record each offset is tried as
 * the start of one, because the length itself may be damaged. One try in four billion accepts
 * invalid bytes by chance. Records nested in a damaged payload could be mistaken for records of the
 * file; no payload has any. The search ends when it would delay a start: from then on any plausible
 * length is accepted.
 */
final class RecordReader {
  private static final System.Logger LOG = JulLogger.of(RecordLog.class.getName());
  private static final int WINDOW = 64 << 10;

  private final Path file;
  private final RandomAccessFile in;
  private final RecordFormat format;
  private final long length;
  private final byte[] window = new byte[WINDOW];
  private final ByteBuffer ints;
  private long windowAt;
  private int windowBytes;

  /** Remaining bytes to scan for records. */
  private long searchBudget;

  /** End and number of the complete records of a file. */
  record ReadResult(long end, int records) {}

  RecordReader(Path file, RandomAccessFile in, RecordFormat format, long searchBudget)
      throws IOException {
    this.file = file;
    this.in = in;
    this.format = format;
    this.ints = ByteBuffer.wrap(window).order(format.order());
    this.length = in.length();
    this.searchBudget = searchBudget;
  }

  ReadResult read(RecordLog.Sink to) throws IOException {
    long end = format.header().length(); // all before it is done with
    int records = 0;
    for (long at = end; at >= 0 && at < length; ) {
      if (!isWhole(at)) {
        at = next(at);
        continue;
      }
      if (end < at) {
        LOG.log(
            Level.ERROR,
            "{0}: {1} bytes at {2} are damaged and were skipped: their data is lost",
            file,
            at - end,
            end);
      }
      byte[] payload = new byte[intAt(at)];
      walk(
          at + RecordFormat.HEAD,
          payload.length,
          (bytes, from, n, before) -> System.arraycopy(bytes, from, payload, before, n));
      to.take(payload);
      records++;
      at += RecordFormat.HEAD + payload.length;
      end = at;
    }
    return new ReadResult(end, records);
  }

  /** Next possible start of a record after an invalid one; -1 if there is none. */
  private long next(long damaged) throws IOException {
    for (long at = damaged + 1; searchBudget > 0; at++, searchBudget--) {
      if (at > length - RecordFormat.HEAD) {
        return -1;
      }
      if (canBegin(at)) {
        searchBudget -= intAt(at);
        if (isWhole(at)) {
          return at;
        }
      }
    }
    return canBegin(damaged) ? damaged + RecordFormat.HEAD + intAt(damaged) : -1;
  }

  private boolean canBegin(long at) throws IOException {
    if (length - at < RecordFormat.HEAD) {
      return false;
    }
    int n = intAt(at);
    return format.isAllowed(n) && n <= length - at - RecordFormat.HEAD;
  }

  private boolean isWhole(long at) throws IOException {
    if (!canBegin(at)) {
      return false;
    }
    int n = intAt(at);
    int expected = intAt(at + 4);
    CRC32C crc = format.checksum(n);
    walk(at + RecordFormat.HEAD, n, (bytes, from, some, before) -> crc.update(bytes, from, some));
    return (int) crc.getValue() == expected;
  }

  /** Reads four bytes from the file as an int. */
  private int intAt(long at) throws IOException {
    if (at < windowAt || at + 4 > windowAt + windowBytes) {
      show(at);
    }
    return ints.getInt((int) (at - windowAt));
  }

  @FunctionalInterface
  private interface Piece {
    /** Sample of the skipped bytes, and the number of bytes before it. */
    void see(byte[] bytes, int from, int n, int before);
  }

  private void walk(long at, int n, Piece to) throws IOException {
    int done = 0;
    while (done < n) {
      long from = at + done;
      if (from < windowAt || from >= windowAt + windowBytes) {
        show(from);
      }
      int offset = (int) (from - windowAt);
      int some = Math.min(n - done, windowBytes - offset);
      to.see(window, offset, some, done);
      done += some;
    }
  }

  private void show(long at) throws IOException {
    int n = (int) Math.min(WINDOW, length - at);
    windowBytes = 0;
    in.seek(at);
    in.readFully(window, 0, n);
    windowAt = at;
    windowBytes = n;
  }
}
