package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.protobuf.ProtoReader;
import dev.tethys.model.Labels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Shard of a series. It depends only on the labels, so it is the same for every target, connection
 * and process, also across restarts: a hash of job and instance, which keeps the series of a target
 * together in a request, where they compress best; a hash of all labels if it has neither.
 */
final class SeriesShard {
  /** Number of lanes, fixed so that data on disk keeps its lane through any change. */
  static final int LANES = 16;

  /** The target of series without job and instance. */
  static final long NO_TARGET = Long.MIN_VALUE;

  private static final byte[] JOB = "job".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] INSTANCE = "instance".getBytes(StandardCharsets.US_ASCII);
  private static final int FIELD_1 = 1 << 3 | ProtoReader.LENGTH;
  private static final int FIELD_2 = 2 << 3 | ProtoReader.LENGTH;

  private SeriesShard() {}

  /**
   * Returns the shard of a series, from 0.
   *
   * @param buf holds label fields as a request of remote write 1.0 has them
   */
  static int of(byte[] buf, int offset, int length) {
    long h = target(buf, offset, length);
    return lane(h == NO_TARGET ? Labels.hash64(buf, offset, length) : h);
  }

  /**
   * Returns a number for the job and instance of a series; {@link #NO_TARGET} if it has neither.
   *
   * @param buf holds label fields as a request of remote write 1.0 has them
   */
  static long target(byte[] buf, int offset, int length) {
    long h = 0;
    boolean named = false;
    int end = offset + length;
    for (int p = offset; p < end; ) {
      // Label, name and value each have a tag and a one-byte length, as in nearly all series.
      int size = p + 3 < end ? buf[p + 1] : -1;
      int next = p + 2 + size;
      int name = p + 4;
      int nameLength = size < 2 || next > end ? -1 : buf[p + 3];
      int value = name + nameLength + 2;
      if (buf[p] != FIELD_1
          || nameLength < 0
          || buf[p + 2] != FIELD_1
          || value > next
          || buf[value - 2] != FIELD_2
          || buf[value - 1] != next - value) {
        return targetOfAny(buf, offset, length);
      }
      int weight = weight(buf, name, nameLength);
      if (weight != 0) {
        h += weight * Labels.hash64(buf, value, next - value);
        named = true;
      }
      p = next;
    }
    return named ? h : NO_TARGET;
  }

  private static long targetOfAny(byte[] buf, int offset, int length) {
    long h = 0;
    boolean named = false;
    ProtoReader r = new ProtoReader().reset(buf, offset, length);
    while (r.next()) {
      if (r.field() != 1) {
        r.skip();
        continue;
      }
      int outer = r.enter();
      int weight = 0;
      while (r.next()) {
        int n = r.tag() == FIELD_1 || r.tag() == FIELD_2 ? r.readLength() : -1;
        if (n < 0) {
          r.skip();
          continue;
        }
        if (r.tag() == FIELD_1) {
          weight = weight(buf, r.position(), n);
        } else if (weight != 0) {
          h += weight * Labels.hash64(buf, r.position(), n);
          named = true;
        }
        r.position(r.position() + n);
      }
      r.leave(outer);
    }
    return named ? h : NO_TARGET;
  }

  /**
   * Returns the weight of a label value; 0 for an empty one. Weights are added, so the order does
   * not matter.
   */
  private static int weight(byte[] buf, int offset, int length) {
    return is(JOB, buf, offset, length) ? 31 : is(INSTANCE, buf, offset, length) ? 1 : 0;
  }

  private static boolean is(byte[] name, byte[] buf, int offset, int length) {
    return length == name.length && Arrays.equals(name, 0, length, buf, offset, offset + length);
  }

  private static int lane(long hash) {
    return (int) Long.remainderUnsigned(hash ^ hash >>> 29, LANES);
  }
}
