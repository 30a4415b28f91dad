package dev.tethys.collect.host.internal.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The attributes of a message or of another attribute: types with values, each aligned to four. */
public final class Attributes {
  private static final int TYPE = 0x3fff; // without the bits for nesting and byte order

  private final Map<Integer, ByteBuffer> byType = new HashMap<>();

  /** Attributes from the position of a buffer on; for a repeated type the last one. */
  public static Attributes of(ByteBuffer in) {
    Attributes a = new Attributes();
    for (Netlink.Message m : list(in)) {
      a.byType.put(m.type(), m.body());
    }
    return a;
  }

  /** All of them in their order: lists repeat a type, or number them. */
  public static List<Netlink.Message> list(ByteBuffer in) {
    List<Netlink.Message> out = new ArrayList<>();
    int at = in.position();
    while (in.limit() - at >= 4) {
      int length = in.getShort(at) & 0xffff;
      if (length < 4 || length > in.limit() - at) {
        break;
      }
      out.add(
          new Netlink.Message(
              in.getShort(at + 2) & TYPE,
              in.slice(at + 4, length - 4).order(ByteOrder.nativeOrder())));
      at += length + 3 & ~3;
    }
    return out;
  }

  /** The value of a type, null if it does not exist. */
  public @Nullable ByteBuffer find(int type) {
    return byType.get(type);
  }

  /** The attributes within one, none when it does not exist. */
  public Attributes nested(int type) {
    ByteBuffer b = byType.get(type);
    return b == null ? new Attributes() : of(b);
  }

  /** A text up to its zero, {@code ""} when it does not exist. */
  public String text(int type) {
    ByteBuffer b = byType.get(type);
    return b == null ? "" : text(b);
  }

  /** A text up to its zero. */
  public static String text(ByteBuffer b) {
    int n = 0;
    while (n < b.limit() && b.get(n) != 0) {
      n++;
    }
    byte[] bytes = new byte[n];
    b.get(0, bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The bytes, none when it does not exist. */
  public byte[] bytes(int type) {
    ByteBuffer b = byType.get(type);
    byte[] out = new byte[b == null ? 0 : b.limit()];
    if (b != null) {
      b.get(0, out);
    }
    return out;
  }

  /** An unsigned number of one, two, four or eight bytes; otherwise when it does not exist. */
  public long number(int type, long otherwise) {
    ByteBuffer b = byType.get(type);
    if (b == null) {
      return otherwise;
    }
    return switch (b.limit()) {
      case 1 -> b.get(0) & 0xff;
      case 2 -> b.getShort(0) & 0xffff;
      case 4 -> Integer.toUnsignedLong(b.getInt(0));
      case 8 -> b.getLong(0);
      default -> otherwise;
    };
  }
}
