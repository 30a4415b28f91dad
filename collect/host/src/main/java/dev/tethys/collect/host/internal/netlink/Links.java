package dev.tethys.collect.host.internal.netlink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Network devices known to the kernel (linux/rtnetlink.h, linux/if_link.h). */
public final class Links {
  private static final int RTM_GETLINK = 18;
  private static final int IFLA_IFNAME = 3;

  private Links() {}

  /**
   * A device.
   *
   * @param kind the number of its hardware, as in if_arp.h
   * @param attributes attributes by number, as defined in if_link.h
   */
  public record Link(int index, int kind, long flags, String name, Attributes attributes) {}

  /** Lists all network devices. */
  public static List<Link> all(Netlink route) throws IOException {
    List<Link> out = new ArrayList<>();
    for (Netlink.Message m : route.dump(RTM_GETLINK, new byte[16])) {
      ByteBuffer b = m.body();
      if (b.remaining() < 16) {
        continue;
      }
      Attributes a = Attributes.of(b.slice(16, b.limit() - 16).order(ByteOrder.nativeOrder()));
      out.add(
          new Link(
              b.getInt(4),
              b.getShort(2) & 0xffff,
              Integer.toUnsignedLong(b.getInt(8)),
              a.text(IFLA_IFNAME),
              a));
    }
    return out;
  }

  /** The name of a device, {@code ""} if there is none of that number. */
  public static String name(List<Link> links, int index) {
    for (Link l : links) {
      if (l.index == index) {
        return l.name;
      }
    }
    return "";
  }
}
