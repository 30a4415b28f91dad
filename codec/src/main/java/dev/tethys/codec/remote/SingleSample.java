package dev.tethys.codec.remote;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Recognises a series with labels and one sample by its last bytes, without parsing the bytes
 * before. The sample has a value, or none because it is zero, and a time of six bytes (1971 to
 * 2109).
 *
 * <p>This is a heuristic: bytes of a label may match by chance, and so may the last of several
 * samples. A sample of the same form before it is detected here; for other forms the bytes before
 * the last sample may be more than labels.
 */
final class SingleSample {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** Bytes of the field, with a value and without one. */
  private static final int WITH_VALUE = 18;

  private static final int ZERO = 9;

  /** Leading bytes: the tag, the length, and the tag of the value or of the time. */
  private static final int WITH_VALUE_HEAD = 0x091012;

  private static final int ZERO_HEAD = 0x100712;

  /** Mask for the last eight bytes: the tag of the time, then a varint of six bytes. */
  private static final long TIME_MASK = 0x80808080_8080ff00L;

  private static final long TIME = 0x00808080_80801000L;

  private SingleSample() {}

  /** Start of the sample and assumed end of the labels; -1 if the bytes do not match this form. */
  static int begin(byte[] b, int at, int end) {
    if (end - at <= WITH_VALUE || ((long) LONG.get(b, end - 8) & TIME_MASK) != TIME) {
      return -1;
    }
    int p = end - WITH_VALUE;
    if (!isHead(b, p, WITH_VALUE_HEAD)) {
      p = end - ZERO;
      if (!isHead(b, p, ZERO_HEAD)) {
        return -1;
      }
    }
    boolean several =
        (p - WITH_VALUE > at && isHead(b, p - WITH_VALUE, WITH_VALUE_HEAD))
            || (p - ZERO > at && isHead(b, p - ZERO, ZERO_HEAD));
    return several ? -1 : p;
  }

  private static boolean isHead(byte[] b, int at, int head) {
    return ((int) INT.get(b, at) & 0xffffff) == head;
  }

  /** The value of a sample that begins and ends there. */
  static double value(byte[] b, int begin, int end) {
    return end - begin == ZERO ? 0 : Double.longBitsToDouble((long) LONG.get(b, begin + 3));
  }

  /** The time of a sample that ends there. */
  static long time(byte[] b, int end) {
    long x = (long) LONG.get(b, end - 8);
    return ((x >>> 16) & 0x7f)
        | ((x >>> 17) & (0x7fL << 7))
        | ((x >>> 18) & (0x7fL << 14))
        | ((x >>> 19) & (0x7fL << 21))
        | ((x >>> 20) & (0x7fL << 28))
        | ((x >>> 21) & (0x7fL << 35));
  }
}
