package dev.tethys.pipeline.kafka;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Several values in one request, each preceded by its length in four big-endian bytes. */
final class LengthPrefixedValues {
  private LengthPrefixedValues() {}

  static void add(ByteArrayOutputStream out, byte[] value) {
    out.writeBytes(ByteBuffer.allocate(4).putInt(value.length).array());
    out.writeBytes(value);
  }

  static List<byte[]> values(byte[] frames) {
    List<byte[]> out = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(frames);
    while (in.remaining() >= 4) {
      int n = in.getInt();
      if (n < 0 || n > in.remaining()) {
        throw new IllegalArgumentException("the request is not a sequence of frames");
      }
      byte[] v = new byte[n];
      in.get(v);
      out.add(v);
    }
    return out;
  }
}
