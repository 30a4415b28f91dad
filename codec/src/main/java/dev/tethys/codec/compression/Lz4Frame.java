package dev.tethys.codec.compression;

import dev.tethys.codec.CodecException;
import io.airlift.compress.v3.lz4.Lz4JavaCompressor;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Reader of LZ4's frame format, version 1.6.x of its specification. A frame is: magic 0x184D2204,
 * descriptor (FLG, BD, optional size and dictionary, a byte of XXH32), blocks with four bytes of
 * length (the highest bit marks an uncompressed block) and optional XXH32, a length of 0, optional
 * XXH32 of the content. Numbers are little-endian. Skippable frames and concatenated frames are
 * read, too.
 *
 * <p>Blocks may refer to earlier blocks, so they are decoded here, into one buffer.
 */
final class Lz4Frame {
  private static final int MAGIC = 0x184D2204;
  private static final int SKIPPABLE = 0x184D2A50;
  private static final int BLOCK = 256 << 10;

  private final byte[] in;
  private final int end;
  private final int max;
  private final LongConsumer reserve;
  private int pos;
  private byte[] out;
  private int size;

  private Lz4Frame(byte[] in, int offset, int length, int max, LongConsumer reserve) {
    this.in = in;
    this.pos = offset;
    this.end = offset + length;
    this.max = max;
    this.reserve = reserve;
    int first = (int) Math.clamp(4L * length, 64, Math.max(64L, max));
    reserve.accept(first);
    this.out = new byte[first];
  }

  static byte[] compress(byte[] b, int offset, int length) {
    Lz4JavaCompressor lz4 = new Lz4JavaCompressor();
    byte[] block = new byte[lz4.maxCompressedLength(Math.min(length, BLOCK))];
    byte[] out = new byte[15 + length + 4 * (length / BLOCK + 1)];
    int n = put(out, 0, MAGIC);
    out[n++] = 0x60; // version 1, blocks on their own
    out[n++] = 0x50; // blocks of at most 256 KiB
    out[n++] = (byte) (Xxh32.hash(out, 4, 2) >>> 8);
    for (int p = offset; p < offset + length; p += BLOCK) {
      int size = Math.min(BLOCK, offset + length - p);
      int packed = lz4.compress(b, p, size, block, 0, block.length);
      if (packed < size) {
        n = put(out, n, packed);
        System.arraycopy(block, 0, out, n, packed);
        n += packed;
      } else {
        n = put(out, n, size | 1 << 31);
        System.arraycopy(b, p, out, n, size);
        n += size;
      }
    }
    n = put(out, n, 0);
    return Arrays.copyOf(out, n);
  }

  private static int put(byte[] to, int at, int v) {
    to[at] = (byte) v;
    to[at + 1] = (byte) (v >>> 8);
    to[at + 2] = (byte) (v >>> 16);
    to[at + 3] = (byte) (v >>> 24);
    return at + 4;
  }

  static byte[] decompress(byte[] b, int offset, int length, int max, LongConsumer reserve) {
    Lz4Frame f = new Lz4Frame(b, offset, length, max, reserve);
    do {
      f.frame();
    } while (f.pos < f.end);
    return Arrays.copyOf(f.out, f.size);
  }

  private static CodecException damaged(String what) {
    return new CodecException("lz4: " + what);
  }

  private int take() {
    if (end - pos < 4) {
      throw damaged("it is truncated");
    }
    int v =
        in[pos] & 0xff | (in[pos + 1] & 0xff) << 8 | (in[pos + 2] & 0xff) << 16 | in[pos + 3] << 24;
    pos += 4;
    return v;
  }

  private int one() {
    if (pos >= end) {
      throw damaged("it is truncated");
    }
    return in[pos++] & 0xff;
  }

  private void frame() {
    int magic = take();
    if ((magic & ~15) == SKIPPABLE) {
      int n = take();
      if (n < 0 || n > end - pos) {
        throw damaged("it is truncated");
      }
      pos += n;
      return;
    }
    if (magic != MAGIC) {
      throw damaged("not an LZ4 frame");
    }
    int descriptor = pos;
    int flags = one();
    one(); // the largest block: the buffer grows by need
    if (flags >>> 6 != 1) {
      throw damaged("version " + (flags >>> 6) + " of the frame format");
    }
    boolean blockSums = (flags & 0x10) != 0;
    boolean independent = (flags & 0x20) != 0;
    boolean contentSum = (flags & 0x04) != 0;
    if ((flags & 0x08) != 0) {
      take();
      take();
    }
    if ((flags & 0x01) != 0) {
      throw damaged("dictionary frames are not supported");
    }
    int sum = Xxh32.hash(in, descriptor, pos - descriptor) >>> 8 & 0xff;
    if (one() != sum) {
      throw damaged("the checksum of the header is wrong");
    }
    int start = size;
    while (true) {
      int length = take();
      if (length == 0) {
        break;
      }
      boolean plain = length < 0;
      length &= 0x7fff_ffff;
      if (length > end - pos) {
        throw damaged("it is truncated");
      }
      int block = pos;
      if (plain) {
        room(length);
        System.arraycopy(in, pos, out, size, length);
        size += length;
      } else {
        block(pos + length, independent ? size : start);
      }
      pos = block + length;
      if (blockSums && take() != Xxh32.hash(in, block, length)) {
        throw damaged("the checksum of a block is wrong");
      }
    }
    if (contentSum && take() != Xxh32.hash(out, start, size - start)) {
      throw damaged("the checksum of the content is wrong");
    }
  }

  private void room(int n) {
    if (n > max - size) {
      throw new TooLargeException(max);
    }
    if (out.length - size < n) {
      int more = (int) Math.min(max, Math.max(2L * out.length, (long) size + n));
      reserve.accept(more - out.length);
      out = Arrays.copyOf(out, more);
    }
  }

  private int length(int nibble) {
    int n = nibble;
    if (nibble == 15) {
      int b;
      do {
        b = one();
        n += b;
        if (n < 0 || n > max) {
          throw new TooLargeException(max);
        }
      } while (b == 255);
    }
    return n;
  }

  /** Decodes a block that ends at an offset; matches reach back to {@code floor}. */
  private void block(int blockEnd, int floor) {
    while (pos < blockEnd) {
      int token = one();
      int literals = length(token >>> 4);
      if (literals > blockEnd - pos) {
        throw damaged("literals beyond their block");
      }
      room(literals);
      System.arraycopy(in, pos, out, size, literals);
      pos += literals;
      size += literals;
      if (pos == blockEnd) {
        return;
      }
      int distance = one() | one() << 8;
      int match = length(token & 15) + 4;
      if (distance == 0 || distance > size - floor) {
        throw damaged("a match before the start");
      }
      room(match);
      int from = size - distance;
      for (int i = 0; i < match; i++) {
        out[size++] = out[from++];
      }
    }
  }
}
