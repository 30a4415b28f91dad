package dev.tethys.codec.chunk;

/**
 * The start timestamps of a chunk with samples. Header byte: bit 7 set when the first sample has
 * one; bits 0-6 the number of the sample at which it first changes, 0 for never. From there on each
 * sample carries the difference of (previous sample's time - start) as varbit.
 */
final class StartTimes {
  private final boolean firstKnown;
  private final int changesAt;
  private long start;
  private long distance;

  StartTimes(int header) {
    firstKnown = (header & 0x80) != 0;
    changesAt = header & 0x7f;
  }

  /** The start timestamp of sample {@code index}, read after its value. */
  long read(BitReader r, int index, long time, long previousTime) {
    if (index == 0) {
      if (firstKnown) {
        distance = r.varint();
        start = time - distance;
      }
    } else if (changesAt > 0 && index >= changesAt) {
      long d = r.varbit();
      distance = index == changesAt ? d : distance + d;
      start = previousTime - distance;
    }
    return start;
  }
}
