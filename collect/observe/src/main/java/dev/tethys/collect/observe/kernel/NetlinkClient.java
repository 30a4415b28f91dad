package dev.tethys.collect.observe.kernel;

import dev.tethys.model.libc.Errno;
import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Sends netlink(7) requests to the kernel that have a single response message. The socket belongs
 * to the network namespace of the thread that opened it, and keeps it in being. Not thread-safe.
 */
public final class NetlinkClient implements AutoCloseable {
  public static final int NETLINK_NETFILTER = 12;
  public static final int NETLINK_GENERIC = 16;

  private static final int NLMSG_ERROR = 2;
  private static final short NLM_F_REQUEST = 1;

  /** Layout of struct nlmsghdr. */
  private static final int HEADER = 16;

  private static final int ATTRIBUTE_HEADER = 4;
  private static final int TYPE_MASK = 0x3fff; // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** Responses to requests that timed out may precede the expected one. */
  private static final int MAX_STALE = 64;

  private final String what;
  private final SocketCalls netlink;
  private final byte[] buffer = new byte[8192];
  private int sequence;

  /**
   * Opens a socket.
   *
   * @param protocol such as {@link #NETLINK_GENERIC}
   * @param what name used in messages
   */
  public NetlinkClient(int protocol, String what) throws LibraryException {
    this.what = what;
    netlink = new SocketCalls(SocketCalls.AF_NETLINK, SocketCalls.SOCK_RAW, protocol);
    netlink.timeout(TIMEOUT);
  }

  /** Memory for the body of a question. */
  public static ByteBuffer body(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
  }

  /**
   * Sends a request to the kernel.
   *
   * @param type message type
   * @param body request body; its position marks the end
   * @return body of the response, valid until the next question
   * @throws LibraryException with the error that the kernel answered
   */
  public ByteBuffer ask(int type, ByteBuffer body) throws LibraryException {
    int number = ++sequence;
    ByteBuffer b = body(HEADER + body.position());
    b.putInt(b.capacity()).putShort((short) type).putShort(NLM_F_REQUEST).putInt(number).putInt(0);
    b.put(body.array(), 0, body.position());
    netlink.send(b.array());
    for (int i = 0; i < MAX_STALE; i++) {
      ByteBuffer answer = ByteBuffer.wrap(buffer, 0, netlink.receive(buffer));
      ByteBuffer message = message(what, answer, number);
      if (message != null) {
        return message;
      }
    }
    throw new LibraryException(what, Errno.EIO);
  }

  /**
   * Body of the message in a datagram; null if it responds to another request.
   *
   * @throws LibraryException with the error that the kernel answered
   */
  public static @Nullable ByteBuffer message(String what, ByteBuffer datagram, int number)
      throws LibraryException {
    ByteBuffer b = datagram.order(ByteOrder.nativeOrder());
    int size = b.limit() < HEADER ? 0 : b.getInt(0);
    if (size < HEADER || size > b.limit()) {
      throw new LibraryException(what, Errno.EIO);
    }
    if (b.getInt(8) != number) {
      return null;
    }
    if (b.getShort(4) == NLMSG_ERROR) {
      throw new LibraryException(what, size >= HEADER + 4 ? -b.getInt(HEADER) : Errno.EIO);
    }
    return b.slice(HEADER, size - HEADER).order(ByteOrder.nativeOrder());
  }

  /** The part after a header. */
  public static ByteBuffer after(ByteBuffer message, int header) {
    int skipped = Math.min(header, message.limit());
    return message.slice(skipped, message.limit() - skipped).order(ByteOrder.nativeOrder());
  }

  /** Appends an attribute (struct nlattr). */
  public static void put(ByteBuffer to, int type, byte[] value) {
    to.putShort((short) (ATTRIBUTE_HEADER + value.length)).putShort((short) type).put(value);
    to.position(to.position() + 3 & ~3);
  }

  /** Starts an attribute that contains others; returns its position for {@link #end}. */
  public static int begin(ByteBuffer to, int type) {
    int at = to.position();
    to.putShort((short) 0).putShort((short) (type | 0x8000));
    return at;
  }

  /** Ends an attribute that contains others. */
  public static void end(ByteBuffer to, int begun) {
    to.putShort(begun, (short) (to.position() - begun));
  }

  /**
   * Value of an attribute; null if there is none.
   *
   * @param in attributes
   */
  public static @Nullable ByteBuffer find(ByteBuffer in, int type) {
    for (int at = 0; at + ATTRIBUTE_HEADER <= in.limit(); ) {
      int size = in.getShort(at) & 0xffff;
      if (size < ATTRIBUTE_HEADER || at + size > in.limit()) {
        return null;
      }
      if ((in.getShort(at + 2) & TYPE_MASK) == type) {
        return in.slice(at + ATTRIBUTE_HEADER, size - ATTRIBUTE_HEADER)
            .order(ByteOrder.nativeOrder());
      }
      at += size + 3 & ~3;
    }
    return null;
  }

  @Override
  public void close() {
    netlink.close();
  }
}
