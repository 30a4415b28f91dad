package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.store.files.ByteSink;
import dev.tethys.store.files.ByteSource;
import dev.tethys.store.files.CorruptionException;

/**
 * Rows in a frame of the write-ahead log, behind the tenant's name.
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

  private LogFrame() {}

  /** Writes the rows of a batch that are not refused. */
  static void write(LogBatch batch, boolean[] refused, int stored, ByteSink out) {
    out.ensure(Math.addExact(batch.size, batch.rows * 12 + 1024));
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
    long before = 0;
    for (int r = 0; r < batch.rows; r++) {
      if (refused[r]) {
        continue;
      }
      out.svarint(batch.times[r] - before);
      before = batch.times[r];
      out.uvarint(batch.rowStreams[r]);
      out.uvarint(batch.bodyLengths[r]);
      out.put(batch.bytes, batch.bodyStarts[r], batch.bodyLengths[r]);
      int to = batch.pairStarts[r + 1];
      out.uvarint(to - batch.pairStarts[r]);
      for (int p = batch.pairStarts[r]; p < to; p++) {
        out.uvarint(batch.pairNames[p]);
        out.uvarint(batch.valueLengths[p]);
        out.put(batch.bytes, batch.valueStarts[p], batch.valueLengths[p]);
      }
    }
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
