package dev.tethys.demo.database;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Frames of PostgreSQL's protocol: a type byte, a length that counts itself, a body. Source:
 * PostgreSQL documentation, "Message Formats".
 */
final class PostgresFrames {
  static final int PROTOCOL_3_0 = 196608;
  static final int SSL_REQUEST = 80877103;
  static final int MAX_FRAME = 1 << 20;

  private PostgresFrames() {}

  /** Reads the body of the next frame after checking its length. */
  static byte[] body(DataInputStream in) throws IOException {
    int length = in.readInt();
    if (length < 4 || length > MAX_FRAME) {
      throw new IOException("frame of " + length + " bytes; at most " + MAX_FRAME);
    }
    return in.readNBytes(length - 4);
  }

  /** Decodes a string without its terminating zero byte. */
  static String text(byte[] body) {
    int end = 0;
    while (end < body.length && body[end] != 0) {
      end++;
    }
    return new String(body, 0, end, StandardCharsets.UTF_8);
  }

  /** Values of a DataRow. */
  static List<String> row(byte[] body) throws IOException {
    DataInputStream in = new DataInputStream(new java.io.ByteArrayInputStream(body));
    int columns = in.readUnsignedShort();
    List<String> out = new ArrayList<>(columns);
    for (int i = 0; i < columns; i++) {
      int length = in.readInt();
      out.add(length < 0 ? "" : new String(in.readNBytes(length), StandardCharsets.UTF_8));
    }
    return out;
  }
}
