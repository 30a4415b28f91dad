package dev.tethys.collect.host.internal;

import dev.tethys.collect.host.HostReadings.Listener;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Listening sockets from /proc/net/tcp, tcp6, udp and udp6. Addresses are written there as words of
 * 32 bits in the order of the machine, in hexadecimal.
 */
final class ListeningSockets {
  private static final int LISTEN = 10;

  private ListeningSockets() {}

  static List<Listener> read(HostFiles files) throws IOException {
    List<Listener> out = new ArrayList<>();
    for (String table : List.of("tcp", "tcp6", "udp", "udp6")) {
      Text t = files.readIfThere(files.proc("net/" + table));
      if (t != null) {
        read(t, table.startsWith("udp"), table.endsWith("6"), out);
      }
    }
    return out;
  }

  private static void read(Text t, boolean udp, boolean v6, List<Listener> to) throws IOException {
    t.nextLine(); // headings
    while (t.nextLine()) {
      t.needField(); // its number
      t.needField();
      String local = t.field();
      t.needField();
      String remote = t.field();
      t.needField();
      long state = t.hex();
      if (!t.skipFields(5)) { // queues, timers, retransmissions, user, timeouts
        throw t.malformed("too few columns in \"" + t.line() + "\"");
      }
      t.needField();
      long inode = t.integer();
      if (udp ? remote.endsWith(":0000") : state == LISTEN) {
        Listener l = listener(udp, v6, local, inode);
        if (l == null) {
          throw t.malformed("\"" + local + "\" is not an address");
        }
        to.add(l);
      }
    }
  }

  private static @Nullable Listener listener(boolean udp, boolean v6, String local, long inode)
      throws IOException {
    int digits = v6 ? 32 : 8;
    if (local.length() != digits + 5 || local.charAt(digits) != ':') {
      return null;
    }
    byte[] address = new byte[digits / 2];
    boolean little = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    try {
      for (int i = 0; i < address.length; i++) {
        int in = little ? (i & ~3) + 3 - (i & 3) : i;
        address[i] = (byte) Integer.parseInt(local, 2 * in, 2 * in + 2, 16);
      }
      int port = Integer.parseInt(local, digits + 1, local.length(), 16);
      return new Listener(udp, v6, InetAddress.getByAddress(address), port, inode);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
