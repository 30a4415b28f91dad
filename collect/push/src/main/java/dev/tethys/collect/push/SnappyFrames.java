package dev.tethys.collect.push;

import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.snappy.SnappyBlock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.CRC32C;

/**
 * Snappy's framing format: a stream identifier, then chunks of a type (1 byte), a length (3 bytes,
 * little-endian) and data. The first four bytes of a block are a masked CRC-32C of its content.
 */
final class SnappyFrames {
  private static final int MAX_BLOCK = 1 << 16;

  private SnappyFrames() {}

  /**
   * Undoes it.
   *
   * @throws IOException when the bytes are no such stream
   * @throws TooLargeException when they hold more than a limit
   */
  static byte[] decode(byte[] in, int maxBytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] block = new byte[MAX_BLOCK + SnappyBlock.SLACK];
    int p = 0;
    boolean identified = false;
    while (p < in.length) {
      if (in.length - p < 4) {
        throw new IOException("snappy: corrupt input");
      }
      int type = in[p] & 0xff;
      int n = in[p + 1] & 0xff | (in[p + 2] & 0xff) << 8 | (in[p + 3] & 0xff) << 16;
      p += 4;
      if (n > in.length - p || !identified && type != 0xff) {
        throw new IOException("snappy: corrupt input");
      }
      switch (type) {
        case 0xff -> {
          if (n != 6
              || !new String(in, p, 6, java.nio.charset.StandardCharsets.US_ASCII)
                  .equals("sNaPpY")) {
            throw new IOException("snappy: corrupt input");
          }
          identified = true;
        }
        case 0, 1 -> {
          if (n < 4) {
            throw new IOException("snappy: corrupt input");
          }
          int length;
          try {
            if (type == 0) {
              length = SnappyBlock.decodedLength(in, p + 4, n - 4, MAX_BLOCK);
              SnappyBlock.decode(in, p + 4, n - 4, block);
            } else {
              length = n - 4;
              if (length > MAX_BLOCK) {
                throw new IOException("snappy: corrupt input");
              }
              System.arraycopy(in, p + 4, block, 0, length);
            }
          } catch (dev.tethys.codec.CodecException e) {
            throw new IOException("snappy: corrupt input", e);
          }
          if (checksum(block, length) != sum(in, p)) {
            throw new IOException("snappy: corrupt input");
          }
          if (out.size() + length > maxBytes) {
            throw new TooLargeException(maxBytes);
          }
          out.write(block, 0, length);
        }
        default -> {
          if (type < 0x80) {
            throw new IOException("snappy: unsupported input");
          }
        }
      }
      p += n;
    }
    return out.toByteArray();
  }

  private static int sum(byte[] b, int p) {
    return b[p] & 0xff | (b[p + 1] & 0xff) << 8 | (b[p + 2] & 0xff) << 16 | b[p + 3] << 24;
  }

  private static int checksum(byte[] block, int length) {
    CRC32C crc = new CRC32C();
    crc.update(block, 0, length);
    int c = (int) crc.getValue();
    return (c >>> 15 | c << 17) + 0xa282ead8;
  }
}
