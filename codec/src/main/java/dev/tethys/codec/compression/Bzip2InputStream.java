package dev.tethys.codec.compression;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/**
 * Decompresses bzip2; concatenated streams are read as one.
 *
 * <p>Format: {@code BZh1} to {@code BZh9} (block size in 100 kB), then blocks, each after the six
 * bytes 314159265359, then 177245385090 and the CRC of the stream. Bits are read from the top of
 * each byte. A block consists of its CRC (32 bits), a deprecated flag (1), the index of the
 * original among the sorted rotations (24), the set of byte values that occur (16 + 16 for each set
 * bit), the number of Huffman tables (3), the number of groups of fifty symbols (15), for each
 * group its table (unary, by move-to-front), for each table its code lengths (as differences), and
 * symbols up to the end-of-block symbol. Symbols 0 and 1 are digits of the length of a run of the
 * value in front, others move a value to the front. The result is the last column of the sorted
 * rotations of the block; following it yields the bytes, in which a fifth byte after four equal
 * ones is a repeat count.
 *
 * <p>Sources: the description by Joe Tsai, "BZIP2 format specification" (2015), and the output of
 * bzip2 1.0.
 */
public final class Bzip2InputStream extends InputStream {
  private static final long BLOCK = 0x314159265359L;
  private static final long END = 0x177245385090L;
  private static final int MAX_CODE = 20;
  private static final int GROUP = 50;
  private static final int[] CRC = new int[256];

  static {
    for (int i = 0; i < 256; i++) {
      int c = i << 24;
      for (int k = 0; k < 8; k++) {
        c = c < 0 ? c << 1 ^ 0x04c11db7 : c << 1;
      }
      CRC[i] = c;
    }
  }

  private final InputStream in;
  private final byte[] buffer = new byte[64 << 10];
  private int filled;
  private int at;
  private long bits;
  private int bitCount;

  private int[] column = new int[0]; // value in the low byte, where the next one stands above it
  private int blockLength;
  private int remaining; // of the block, before repetitions
  private int cursor;
  private int repeat; // of the last byte, still to be given
  private int last = -1;
  private int run;
  private int blockCrc;
  private int wantedCrc;
  private int streamCrc;
  private boolean inStream;
  private boolean done;

  public Bzip2InputStream(InputStream in) {
    this.in = in;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /**
   * Reads.
   *
   * @throws EOFException if the file ends in the middle
   * @throws IOException if it is malformed
   */
  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int n = 0;
    while (n < length) {
      if (repeat > 0) {
        int k = Math.min(repeat, length - n);
        for (int i = 0; i < k; i++) {
          put(into, offset + n++, last);
        }
        repeat -= k;
        continue;
      }
      if (remaining == 0) {
        if (n > 0) {
          return n; // what there is, before a block that may be cut off
        }
        if (done || !nextBlock()) {
          done = true;
          return -1;
        }
        continue;
      }
      cursor = column[cursor];
      int b = cursor & 0xff;
      cursor >>>= 8;
      remaining--;
      if (run == 4) {
        run = 0;
        repeat = b;
      } else {
        run = b == last ? run + 1 : 1;
        last = b;
        put(into, offset + n++, b);
      }
      if (remaining == 0 && repeat == 0) {
        endBlock();
      }
    }
    if (remaining == 0 && repeat == 0 && blockLength > 0) {
      endBlock();
    }
    return n;
  }

  private void put(byte[] into, int at, int b) {
    into[at] = (byte) b;
    blockCrc = blockCrc << 8 ^ CRC[(blockCrc >>> 24 ^ b) & 0xff];
  }

  private void endBlock() throws IOException {
    if (blockLength == 0) {
      return;
    }
    blockLength = 0;
    if (~blockCrc != wantedCrc) {
      throw new IOException("bzip2: the checksum of a block is wrong");
    }
    streamCrc = (streamCrc << 1 | streamCrc >>> 31) ^ wantedCrc;
  }

  private boolean nextBlock() throws IOException {
    endBlock();
    while (true) {
      if (!inStream) {
        if (!header()) {
          return false;
        }
        inStream = true;
      }
      long magic = (long) bits(24) << 24 | bits(24);
      if (magic == BLOCK) {
        block();
        return true;
      }
      if (magic != END) {
        throw new IOException("bzip2: block expected");
      }
      if ((bits(16) << 16 | bits(16)) != streamCrc) {
        throw new IOException("bzip2: the checksum of the file is wrong");
      }
      bitCount -= bitCount % 8;
      inStream = false;
    }
  }

  private boolean header() throws IOException {
    if (bitCount == 0 && !fill()) {
      return false;
    }
    if (bits(24) != ('B' << 16 | 'Z' << 8 | 'h')) {
      throw new IOException("not a bzip2 file");
    }
    int level = bits(8) - '0';
    if (level < 1 || level > 9) {
      throw new IOException("not a bzip2 file");
    }
    if (column.length < level * 100_000) {
      column = new int[level * 100_000];
    }
    streamCrc = 0;
    return true;
  }

  private void block() throws IOException {
    wantedCrc = bits(16) << 16 | bits(16);
    if (bits(1) != 0) {
      throw new IOException("bzip2: randomised blocks of bzip2 0.9.0 are not supported");
    }
    int origin = bits(24);
    byte[] front = new byte[256];
    int values = 0;
    int used = bits(16);
    for (int i = 0; i < 16; i++) {
      if ((used & 0x8000 >> i) != 0) {
        int row = bits(16);
        for (int j = 0; j < 16; j++) {
          if ((row & 0x8000 >> j) != 0) {
            front[values++] = (byte) (i * 16 + j);
          }
        }
      }
    }
    int tables = bits(3);
    int groups = bits(15);
    if (values == 0 || tables < 2 || tables > 6 || groups == 0) {
      throw malformed();
    }
    byte[] order = {0, 1, 2, 3, 4, 5};
    byte[] selectors = new byte[groups];
    for (int i = 0; i < groups; i++) {
      int j = 0;
      while (bits(1) == 1) {
        if (++j >= tables) {
          throw malformed();
        }
      }
      byte t = order[j];
      System.arraycopy(order, 0, order, 1, j);
      order[0] = t;
      selectors[i] = t;
    }
    Codes[] codes = new Codes[tables];
    for (int t = 0; t < tables; t++) {
      int[] lengths = new int[values + 2];
      int length = bits(5);
      for (int i = 0; i < lengths.length; i++) {
        while (bits(1) == 1) {
          length += bits(1) == 0 ? 1 : -1;
          if (length < 1 || length > MAX_CODE) {
            throw malformed();
          }
        }
        if (length < 1 || length > MAX_CODE) {
          throw malformed();
        }
        lengths[i] = length;
      }
      codes[t] = new Codes(lengths);
    }
    symbols(codes, selectors, front, values);
    if (blockLength == 0 || origin >= blockLength) {
      throw malformed();
    }
    walk(origin);
  }

  private void symbols(Codes[] codes, byte[] selectors, byte[] front, int values)
      throws IOException {
    int n = 0;
    int run = 0;
    int digit = 1;
    int end = values + 1;
    for (int i = 0; ; i++) {
      if (i / GROUP >= selectors.length) {
        throw malformed();
      }
      int s = symbol(codes[selectors[i / GROUP]]);
      if (s <= 1) {
        if (digit > column.length) {
          throw malformed();
        }
        run += digit << s;
        digit <<= 1;
        continue;
      }
      if (run > 0) {
        if (run > column.length - n) {
          throw malformed();
        }
        java.util.Arrays.fill(column, n, n + run, front[0] & 0xff);
        n += run;
        run = 0;
        digit = 1;
      }
      if (s == end) {
        break;
      }
      if (n == column.length) {
        throw malformed();
      }
      int index = s - 1;
      byte b = front[index];
      System.arraycopy(front, 0, front, 1, index);
      front[0] = b;
      column[n++] = b & 0xff;
    }
    blockLength = n;
  }

  /**
   * Computes the successor of each byte: the n-th occurrence of a value in the last column is its
   * n-th in the first.
   */
  private void walk(int origin) {
    int[] starts = new int[257];
    for (int i = 0; i < blockLength; i++) {
      starts[(column[i] & 0xff) + 1]++;
    }
    for (int i = 0; i < 256; i++) {
      starts[i + 1] += starts[i];
    }
    for (int i = 0; i < blockLength; i++) {
      int v = column[i] & 0xff;
      column[starts[v]++] |= i << 8;
    }
    cursor = column[origin] >>> 8;
    remaining = blockLength;
    run = 0;
    last = -1;
    repeat = 0;
    blockCrc = -1;
  }

  private int symbol(Codes c) throws IOException {
    int code = 0;
    for (int length = 1; length <= MAX_CODE; length++) {
      code = code << 1 | bits(1);
      if (code <= c.limit[length]) {
        int index = code - c.base[length];
        if (index < 0) {
          break;
        }
        return c.symbols[index];
      }
    }
    throw malformed();
  }

  /** A canonical code: codes of one length follow each other. */
  private static final class Codes {
    final int[] limit = new int[MAX_CODE + 1]; // the last code of a length; -1 for none
    final int[] base = new int[MAX_CODE + 1];
    final int[] symbols;

    Codes(int[] lengths) {
      symbols = new int[lengths.length];
      int code = 0;
      int n = 0;
      for (int length = 1; length <= MAX_CODE; length++) {
        code <<= 1;
        base[length] = code - n;
        int before = n;
        for (int s = 0; s < lengths.length; s++) {
          if (lengths[s] == length) {
            symbols[n++] = s;
          }
        }
        code += n - before;
        limit[length] = n == before ? -1 : code - 1;
      }
    }
  }

  private static IOException malformed() {
    return new IOException("bzip2: a block is malformed");
  }

  private boolean fill() throws IOException {
    if (at == filled) {
      filled = in.read(buffer, 0, buffer.length);
      at = 0;
      if (filled <= 0) {
        filled = 0;
        return false;
      }
    }
    bits = bits << 8 | (buffer[at++] & 0xff);
    bitCount += 8;
    return true;
  }

  /** At most 24. */
  private int bits(int n) throws IOException {
    while (bitCount < n) {
      if (!fill()) {
        throw new EOFException("bzip2: the file is truncated");
      }
    }
    bitCount -= n;
    return (int) (bits >>> bitCount) & (1 << n) - 1;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
