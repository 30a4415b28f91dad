package dev.tethys.alert.manager.cluster;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A MessagePack map with names as keys, the form of memberlist's messages. Values are integers,
 * booleans, strings or bytes; others are skipped. An absent number is 0, an absent text empty.
 */
final class MemberlistFields {
  /** Maximum number of entries in a map or an array. */
  static final int MAX_ENTRIES = 1000;

  /** Maximum length of a string or byte array: that of a complete state. */
  static final int MAX_BYTES = MemberlistMessages.MAX_STATE_BYTES;

  private static final int MAX_DEPTH = 8;

  private final Map<String, Object> values;

  private MemberlistFields(Map<String, Object> values) {
    this.values = values;
  }

  /**
   * Reads one map, and nothing after it.
   *
   * @throws ProtocolException if the input is not a map
   */
  static MemberlistFields read(InputStream in) throws IOException {
    DataInputStream data = new DataInputStream(in);
    int tag = data.readUnsignedByte();
    int n =
        switch (tag) {
          case 0xde -> data.readUnsignedShort();
          case 0xdf -> count(data.readInt());
          default -> {
            if (tag < 0x80 || tag > 0x8f) {
              throw new ProtocolException("expected a map, not a value of kind " + tag);
            }
            yield tag & 0xf;
          }
        };
    if (n > MAX_ENTRIES) {
      throw new ProtocolException("a message with " + n + " fields");
    }
    Map<String, Object> m = new HashMap<>();
    for (int i = 0; i < n; i++) {
      Object key = value(data, 0);
      Object v = value(data, 0);
      if (key instanceof byte[] b && v != null) {
        m.put(new String(b, StandardCharsets.UTF_8), v);
      }
    }
    return new MemberlistFields(m);
  }

  private static int count(int n) throws ProtocolException {
    if (n < 0 || n > MAX_ENTRIES) {
      throw new ProtocolException("more than " + MAX_ENTRIES + " values in one");
    }
    return n;
  }

  private static @Nullable Object value(DataInputStream in, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new ProtocolException("values nest too deeply");
    }
    int tag = in.readUnsignedByte();
    if (tag < 0x80) {
      return (long) tag;
    }
    if (tag >= 0xe0) {
      return (long) (byte) tag;
    }
    if (tag >= 0xa0 && tag <= 0xbf) {
      return bytes(in, tag & 0x1f);
    }
    if (tag <= 0x8f) {
      return skipped(in, 2 * (tag & 0xf), depth);
    }
    if (tag <= 0x9f) {
      return skipped(in, tag & 0xf, depth);
    }
    return switch (tag) {
      case 0xc0 -> null;
      case 0xc2 -> false;
      case 0xc3 -> true;
      case 0xc4, 0xd9 -> bytes(in, in.readUnsignedByte());
      case 0xc5, 0xda -> bytes(in, in.readUnsignedShort());
      case 0xc6, 0xdb -> bytes(in, in.readInt());
      case 0xca -> (long) in.readFloat();
      case 0xcb -> (long) in.readDouble();
      case 0xcc -> (long) in.readUnsignedByte();
      case 0xcd -> (long) in.readUnsignedShort();
      case 0xce -> in.readInt() & 0xffffffffL;
      case 0xcf, 0xd3 -> in.readLong();
      case 0xd0 -> (long) in.readByte();
      case 0xd1 -> (long) in.readShort();
      case 0xd2 -> (long) in.readInt();
      case 0xdc -> skipped(in, in.readUnsignedShort(), depth);
      case 0xdd -> skipped(in, count(in.readInt()), depth);
      case 0xde -> skipped(in, 2 * in.readUnsignedShort(), depth);
      case 0xdf -> skipped(in, 2 * count(in.readInt()), depth);
      default -> throw new ProtocolException("a value of kind " + tag);
    };
  }

  private static @Nullable Object skipped(DataInputStream in, int n, int depth) throws IOException {
    if (n > 2 * MAX_ENTRIES) {
      throw new ProtocolException("more than " + MAX_ENTRIES + " values in one");
    }
    for (int i = 0; i < n; i++) {
      value(in, depth + 1);
    }
    return null;
  }

  private static byte[] bytes(DataInputStream in, int n) throws IOException {
    if (n < 0 || n > MAX_BYTES) {
      throw new ProtocolException("a text of " + n + " bytes; at most " + MAX_BYTES + " are read");
    }
    byte[] b = in.readNBytes(n); // grows as it reads: a length is only claimed
    if (b.length < n) {
      throw new EOFException("the message ends within a text");
    }
    return b;
  }

  long number(String name) {
    return values.get(name) instanceof Long n ? n : 0;
  }

  boolean flag(String name) {
    return values.get(name) instanceof Boolean b && b;
  }

  byte[] bytes(String name) {
    return values.get(name) instanceof byte[] b ? b : new byte[0];
  }

  String text(String name) {
    return new String(bytes(name), StandardCharsets.UTF_8);
  }
}
