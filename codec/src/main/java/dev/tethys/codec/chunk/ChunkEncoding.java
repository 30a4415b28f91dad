package dev.tethys.codec.chunk;

import dev.tethys.codec.CodecException;

/** Chunk encoding, numbered as in files and on the wire. */
public enum ChunkEncoding {
  XOR(1),
  HISTOGRAM(2),
  FLOAT_HISTOGRAM(3),
  /** XOR with start timestamps. */
  XOR2(4),
  /** Histograms with start timestamps. */
  HISTOGRAM_ST(5),
  FLOAT_HISTOGRAM_ST(6);

  private final int number;

  ChunkEncoding(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  /**
   * Returns the encoding for a number.
   *
   * @throws CodecException if no encoding has it
   */
  public static ChunkEncoding of(int number) {
    if (number < 1 || number > values().length) {
      throw new CodecException("unknown chunk encoding " + number);
    }
    return values()[number - 1];
  }
}
