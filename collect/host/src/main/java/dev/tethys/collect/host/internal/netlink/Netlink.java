package dev.tethys.collect.host.internal.netlink;

import dev.tethys.model.libc.LibraryException;
import dev.tethys.model.libc.SocketCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A netlink socket: requests a table of the kernel and reads all of its parts (linux/netlink.h).
 * Not thread-safe; requests are sequential.
 */
public final class Netlink implements AutoCloseable {
  /** Links, addresses, routes and queues. */
  public static final int ROUTE = 0;

  /** Protocol for families that are identified by name instead of number. */
  public static final int GENERIC = 16;

  /** The kernel responds immediately; otherwise a scrape must not wait forever. */
  private static final Duration TIME_LIMIT = Duration.ofSeconds(5);

  private static final int MAX_DATAGRAM = 1 << 18;
  private static final int HEADER = 16;
  private static final int MAX_MESSAGES = 1_000_000;
  private static final int NLMSG_ERROR = 2;
  private static final int NLMSG_DONE = 3;
  private static final int REQUEST = 1;
  private static final int ACK = 4;
  private static final int DUMP = 0x300;

  /**
   * A message without its header.
   *
   * @param body message body in native byte order
   */
  public record Message(int type, ByteBuffer body) {}

  private final SocketCalls socket;
  private final byte[] datagram = new byte[MAX_DATAGRAM];
  private int sequence;

  /**
   * Opens a socket.
   *
   * @param family such as {@link #ROUTE}
   * @throws LibraryException if the kernel does not have it
   */
  public Netlink(int family) throws LibraryException {
    socket = new SocketCalls(SocketCalls.AF_NETLINK, SocketCalls.SOCK_DGRAM, family);
    try {
      socket.timeout(TIME_LIMIT);
    } catch (LibraryException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Requests a complete table.
   *
   * @param body request body in native byte order
   */
  public List<Message> dump(int type, byte[] body) throws IOException {
    return ask(type, body, REQUEST | DUMP);
  }

  /** Requests one thing. */
  public List<Message> get(int type, byte[] body) throws IOException {
    return ask(type, body, REQUEST | ACK);
  }

  private List<Message> ask(int type, byte[] body, int flags) throws IOException {
    int number = ++sequence;
    ByteBuffer out = ByteBuffer.allocate(HEADER + body.length).order(ByteOrder.nativeOrder());
    out.putInt(HEADER + body.length).putShort((short) type).putShort((short) flags);
    out.putInt(number).putInt(0).put(body);
    socket.send(out.array());
    List<Message> all = new ArrayList<>();
    boolean ended = false;
    while (!ended) {
      byte[] part = Arrays.copyOf(datagram, socket.receive(datagram)); // messages keep it
      ended = readMessages(ByteBuffer.wrap(part).order(ByteOrder.nativeOrder()), number, all);
    }
    return all;
  }

  /** Reads the messages of a datagram; true at the end of the response. */
  private static boolean readMessages(ByteBuffer in, int number, List<Message> all)
      throws IOException {
    while (in.remaining() >= HEADER) {
      int start = in.position();
      int length = in.getInt();
      int type = in.getShort() & 0xffff;
      in.getShort();
      int answers = in.getInt();
      in.getInt();
      if (length < HEADER || length > in.limit() - start) {
        throw new IOException("netlink: a message declares " + length + " bytes");
      }
      ByteBuffer body = in.slice(start + HEADER, length - HEADER).order(ByteOrder.nativeOrder());
      in.position(Math.min(in.limit(), start + (length + 3 & ~3)));
      if (answers != number) {
        continue; // an answer to an abandoned request
      }
      if (type == NLMSG_DONE) {
        return true;
      }
      if (type == NLMSG_ERROR) {
        int code = body.remaining() < 4 ? 0 : -body.getInt();
        if (code != 0) {
          throw new LibraryException("netlink", code);
        }
        return true;
      }
      if (all.size() == MAX_MESSAGES) {
        throw new IOException("netlink: more than " + MAX_MESSAGES + " entries");
      }
      all.add(new Message(type, body));
    }
    return false;
  }

  @Override
  public void close() {
    socket.close();
  }
}
