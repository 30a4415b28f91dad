package dev.tethys.collect.observe.connection;

import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.function.ObjLongConsumer;

/**
 * TCP sockets of the calling thread's network namespace, queried from the kernel by netlink
 * (sock_diag(7)). Requires no privileges.
 */
final class SocketDiagnosis implements AutoCloseable {
  private static final int NETLINK_SOCK_DIAG = 4;
  private static final int SOCK_DIAG_BY_FAMILY = 20;
  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int REQUEST_DUMP = 0x301;
  private static final int HEADER = 16;
  private static final int QUESTION = HEADER + 56;
  private static final int ANSWER = 72;
  private static final int WITH_INFO = 1 << 1;
  private static final int ATTRIBUTE_INFO = 2;
  private static final int ATTRIBUTE_CGROUP = 21;
  private static final int IPPROTO_TCP = 6;

  /**
   * All states but TIME_WAIT and NEW_SYN_RECV, whose sockets no longer belong to a process, or do
   * not yet.
   */
  private static final int STATES =
      ~(1 << TcpState.TIME_WAIT | 1 << TcpState.SYN_RECV | 1 << 12) & 0xfff;

  /** Layout of struct tcp_info. */
  private static final int INFO_RTT = 68;

  private static final int INFO_RETRANSMITS = 100;
  private static final int INFO_RECEIVED = 128;
  private static final int INFO_SENT = 200;
  private static final int INFO_SENT_AGAIN = 208;
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final SocketCalls netlink;
  private final byte[] buffer = new byte[1 << 16];
  private final SocketView view = new SocketView();

  SocketDiagnosis() throws LibraryException {
    netlink = new SocketCalls(SocketCalls.AF_NETLINK, SocketCalls.SOCK_RAW, NETLINK_SOCK_DIAG);
    netlink.timeout(PATIENCE);
  }

  /**
   * Reads all sockets.
   *
   * @param to receives each socket, valid during the call, and its inode number
   */
  void forEach(ObjLongConsumer<SocketView> to) throws IOException {
    for (int family : new int[] {SocketCalls.AF_INET, SocketCalls.AF_INET6}) {
      ByteBuffer b = ByteBuffer.allocate(QUESTION).order(ByteOrder.nativeOrder());
      b.putInt(QUESTION).putShort((short) SOCK_DIAG_BY_FAMILY).putShort((short) REQUEST_DUMP);
      b.putInt(family).putInt(0);
      b.put((byte) family).put((byte) IPPROTO_TCP).put((byte) WITH_INFO).put((byte) 0);
      b.putInt(STATES);
      netlink.send(b.array());
      while (read(netlink.receive(buffer), to)) {
        // the response has several datagrams
      }
    }
  }

  /** Reads a datagram of the response; returns false at its end. */
  private boolean read(int length, ObjLongConsumer<SocketView> to) throws IOException {
    if (length < HEADER) {
      throw new IOException("netlink answered " + length + " bytes; at least 16 were expected");
    }
    return parse(ByteBuffer.wrap(buffer, 0, length).order(ByteOrder.nativeOrder()), view, to);
  }

  /** Reads the messages of a datagram; returns whether more datagrams follow. */
  static boolean parse(ByteBuffer b, SocketView view, ObjLongConsumer<SocketView> to)
      throws IOException {
    for (int at = 0; at + HEADER <= b.limit(); ) {
      int size = b.getInt(at);
      if (size < HEADER || at + size > b.limit()) {
        throw new IOException("netlink message of " + size + " bytes at offset " + at);
      }
      int type = b.getShort(at + 4);
      if (type == NLMSG_DONE) {
        return false;
      }
      if (type == NLMSG_ERROR) {
        throw new LibraryException(
            "sock_diag", size >= HEADER + 4 ? -b.getInt(at + HEADER) : Errno.EIO);
      }
      if (type == SOCK_DIAG_BY_FAMILY && size >= HEADER + ANSWER) {
        socket(b, at + HEADER, at + size, view, to);
      }
      at += size + 3 & ~3;
    }
    return true;
  }

  private static void socket(
      ByteBuffer b, int at, int end, SocketView v, ObjLongConsumer<SocketView> to) {
    v.state = b.get(at + 1);
    v.localPort = big16(b, at + 4);
    v.remotePort = big16(b, at + 6);
    if (b.get(at) == SocketCalls.AF_INET) {
      IpAddress local = IpAddress.ofV4(big32(b, at + 8));
      IpAddress remote = IpAddress.ofV4(big32(b, at + 24));
      v.local(local.high(), local.low());
      v.remote(remote.high(), remote.low());
    } else {
      v.local(big64(b, at + 8), big64(b, at + 16));
      v.remote(big64(b, at + 24), big64(b, at + 32));
    }
    v.socket = b.getLong(at + 44);
    v.cgroup = 0;
    v.process = 0;
    v.sent = 0;
    v.received = 0;
    v.retransmits = 0;
    v.smoothedRttMicros = 0;
    for (int i = at + ANSWER; i + 4 <= end; ) {
      int size = b.getShort(i) & 0xffff;
      if (size < 4 || i + size > end) {
        break;
      }
      int type = b.getShort(i + 2);
      if (type == ATTRIBUTE_CGROUP && size >= 12) {
        v.cgroup = b.getLong(i + 4);
      } else if (type == ATTRIBUTE_INFO && size >= 4 + INFO_SENT_AGAIN + 8) {
        int info = i + 4;
        v.smoothedRttMicros = b.getInt(info + INFO_RTT) & 0xffff_ffffL;
        v.retransmits = b.getInt(info + INFO_RETRANSMITS) & 0xffff_ffffL;
        v.received = b.getLong(info + INFO_RECEIVED);
        v.sent = b.getLong(info + INFO_SENT) - b.getLong(info + INFO_SENT_AGAIN);
      }
      i += size + 3 & ~3;
    }
    to.accept(v, b.getInt(at + 68) & 0xffff_ffffL);
  }

  private static int big16(ByteBuffer b, int at) {
    return (b.get(at) & 0xff) << 8 | b.get(at + 1) & 0xff;
  }

  private static int big32(ByteBuffer b, int at) {
    return big16(b, at) << 16 | big16(b, at + 2);
  }

  private static long big64(ByteBuffer b, int at) {
    return (long) big32(b, at) << 32 | big32(b, at + 4) & 0xffff_ffffL;
  }

  @Override
  public void close() {
    netlink.close();
  }
}
