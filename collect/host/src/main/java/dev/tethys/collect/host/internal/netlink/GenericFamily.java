package dev.tethys.collect.host.internal.netlink;

import dev.tethys.model.libc.LibraryException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A family of netlink that has a name instead of a number (linux/genetlink.h). */
public final class GenericFamily implements AutoCloseable {
  private static final int CONTROL = 16;
  private static final int GET_FAMILY = 3;
  private static final int FAMILY_ID = 1;
  private static final int FAMILY_NAME = 2;
  private static final int HEADER = 4;

  private final Netlink netlink;
  private final int id;

  /**
   * Looks the family up.
   *
   * @throws LibraryException with ENOENT if the kernel does not have it
   */
  public GenericFamily(String name) throws IOException {
    netlink = new Netlink(Netlink.GENERIC);
    try {
      byte[] zero = (name + '\0').getBytes(StandardCharsets.US_ASCII);
      List<Netlink.Message> found =
          netlink.get(CONTROL, question(GET_FAMILY, attribute(FAMILY_NAME, zero)));
      if (found.isEmpty()) {
        throw new IOException("netlink: no response for the family " + name);
      }
      id = (int) body(found.getFirst()).number(FAMILY_ID, 0);
    } catch (IOException | RuntimeException e) {
      netlink.close();
      throw e;
    }
  }

  /** All results of a command, by their attributes. */
  public List<Attributes> dump(int command, byte[] attributes) throws IOException {
    List<Attributes> out = new ArrayList<>();
    for (Netlink.Message m : netlink.dump(id, question(command, attributes))) {
      out.add(body(m));
    }
    return out;
  }

  /** An attribute with its head. */
  public static byte[] attribute(int type, byte[] value) {
    return ByteBuffer.allocate(4 + (value.length + 3 & ~3))
        .order(ByteOrder.nativeOrder())
        .putShort((short) (4 + value.length))
        .putShort((short) type)
        .put(value)
        .array();
  }

  /** Encodes a 32-bit attribute. */
  public static byte[] attribute(int type, int value) {
    return attribute(
        type, ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array());
  }

  private static byte[] question(int command, byte[] attributes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(command);
    out.write(1); // the version
    out.write(0);
    out.write(0);
    out.writeBytes(attributes);
    return out.toByteArray();
  }

  private static Attributes body(Netlink.Message m) {
    ByteBuffer b = m.body();
    int from = Math.min(HEADER, b.limit());
    return Attributes.of(b.slice(from, b.limit() - from).order(ByteOrder.nativeOrder()));
  }

  @Override
  public void close() {
    netlink.close();
  }
}
