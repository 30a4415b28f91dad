package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;

/**
 * Rows in a frame of the write-ahead log, after the tenant's name.
 *
 * <pre>
 * 1 byte version 1,
 * uvarint streams, then for each: uvarint length, canonical labels;
 * uvarint names, then for each: uvarint length, UTF-8;
 * uvarint rows, then for each: svarint time - that of the row before, uvarint stream,
 *   uvarint length of the body, body, uvarint pairs, then for each: uvarint name, uvarint length, value
 * </pre>
 */
final class LogFrame {
  private static final int VERSION = 1;
  private static final int ROW_BYTES = 25; // most of a row, without its texts
  private static final int PAIR_BYTES = 10;

  private LogFrame() {}

  /** Writes the rows of a batch that are not rejected. */
  static void write(LogBatch batch, boolean[] refused, int stored, ByteSink out) {
    out.putByte(VERSION);
    out.uvarint(batch.streams.size());
    for (Labels l : batch.streams) {
      out.putSized(l.canonicalBytes());
    }
    out.uvarint(batch.names.size());
    for (String name : batch.names) {
      out.putString(name);
    }
    out.uvarint(stored);
    out.ensure(Math.toIntExact(most(batch)));
    byte[] b = out.buf;
    int at = out.size;
    long before = 0;
    for (int r = 0; r < batch.rows; r++) {
      if (refused[r]) {
        continue;
      }
      at = uvarint(b, at, ByteSink.zigzag(batch.times[r] - before));
      before = batch.times[r];
      at = uvarint(b, at, batch.rowStreams[r]);
      at = sized(b, at, batch.bytes, batch.bodyStarts[r], batch.bodyLengths[r]);
      int to = batch.pairStarts[r + 1];
      at = uvarint(b, at, to - batch.pairStarts[r]);
      for (int p = batch.pairStarts[r]; p < to; p++) {
        at = uvarint(b, at, batch.pairNames[p]);
        at = sized(b, at, batch.bytes, batch.valueStarts[p], batch.valueLengths[p]);
      }
    }
    out.size = at;
  }

  /** Returns the maximum number of bytes for the rows of a batch. */
  private static long most(LogBatch batch) {
    long bytes = (long) batch.rows * ROW_BYTES + (long) batch.pairs * PAIR_BYTES;
    for (int r = 0; r < batch.rows; r++) {
      bytes += batch.bodyLengths[r];
    }
    for (int p = 0; p < batch.pairs; p++) {
      bytes += batch.valueLengths[p];
    }
    return bytes;
  }

  private static int sized(byte[] to, int at, byte[] from, int start, int length) {
    int p = uvarint(to, at, length);
    System.arraycopy(from, start, to, p, length);
    return p + length;
  }

  /** Writes a number if there is space and returns its end. */
  private static int uvarint(byte[] to, int at, long value) {
    int p = at;
    long v = value;
    while ((v & ~0x7fL) != 0) {
      to[p++] = (byte) (v | 0x80);
      v >>>= 7;
    }
    to[p++] = (byte) v;
    return p;
  }

  /** Adds the rows of a frame to a head. */
  static void replay(ByteSource in, LogHead head) {
    int version = in.getByte();
    if (version != VERSION) {
      throw new CorruptionException("frame of log rows has version " + version);
    }
    int[] streams = new int[in.count()];
    for (int i = 0; i < streams.length; i++) {
      streams[i] = head.streams().intern(Labels.ofCanonicalBytes(in.sized()));
    }
    int[] names = new int[in.count()];
    for (int i = 0; i < names.length; i++) {
      names[i] = head.name(in.string());
    }
    long time = 0;
    for (int n = in.count(); n > 0; n--) {
      time += in.svarint();
      int stream = streams[in.count(streams.length - 1L)];
      int length = in.count();
      head.add(time, stream, in.buf, in.pos, length);
      in.skip(length);
      for (int pairs = in.count(); pairs > 0; pairs--) {
        int name = names[in.count(names.length - 1L)];
        int valueLength = in.count();
        head.metadata(name, in.buf, in.pos, valueLength);
        in.skip(valueLength);
      }
    }
  }
}
