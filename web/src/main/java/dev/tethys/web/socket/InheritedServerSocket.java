package dev.tethys.web.socket;

import dev.tethys.model.libc.Descriptors;
import dev.tethys.web.client.UnixSocket;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The listening socket passed to this process by systemd or a compatible program
 * (sd_listen_fds(3)): a port, or a Unix socket.
 *
 * <p>The JDK inherits a socket only from descriptor 0, so the socket is moved there; only one can
 * be inherited. Its channel is never closed: the JDK would replace standard output by /dev/null as
 * well, and the socket belongs to systemd, which keeps connections that were not accepted yet.
 */
final class InheritedServerSocket extends ServerSocket {
  /** SD_LISTEN_FDS_START. */
  private static final int FIRST = 3;

  private final ServerSocketChannel channel;
  private final SocketAddress address;
  private final Selector selector;
  private volatile boolean closed;

  private InheritedServerSocket(ServerSocketChannel channel, Selector selector) throws IOException {
    this.channel = channel;
    this.address = channel.getLocalAddress();
    this.selector = selector;
  }

  /**
   * Takes the inherited socket, once per process.
   *
   * @throws IOException if not exactly one socket was passed
   */
  static InheritedServerSocket take() throws IOException {
    check(System.getenv(), ProcessHandle.current().pid());
    Descriptors.duplicate(FIRST, 0);
    Channel c = System.inheritedChannel();
    if (!(c instanceof ServerSocketChannel s)) {
      throw new IOException(
          "the socket passed by systemd does not accept connections: its unit requires"
              + " ListenStream= and Accept=no");
    }
    s.configureBlocking(false);
    Selector selector = Selector.open();
    s.register(selector, SelectionKey.OP_ACCEPT);
    Descriptors.close(FIRST); // the channel has its own
    return new InheritedServerSocket(s, selector);
  }

  /** Checks that one socket was passed to this process, using its environment. */
  static void check(Map<String, String> environment, long pid) throws IOException {
    String forWhom = environment.getOrDefault("LISTEN_PID", "");
    String count = environment.getOrDefault("LISTEN_FDS", "");
    if (forWhom.isEmpty() || count.isEmpty()) {
      throw new IOException(
          "no socket activation file descriptors found: LISTEN_PID and LISTEN_FDS are not set; is"
              + " this started by the socket unit of systemd?");
    }
    if (!forWhom.equals(Long.toString(pid))) {
      throw new IOException(
          "no socket activation file descriptors found: LISTEN_PID names process "
              + forWhom
              + ", and this is "
              + pid
              + "; a script between must exec this");
    }
    if (!count.equals("1")) {
      throw new IOException(
          count
              + " sockets are passed by systemd (LISTEN_FDS), and one can be taken: leave one"
              + " ListenStream= in the socket unit; one for a port without an address takes IPv6"
              + " and IPv4");
    }
  }

  /** Used by one thread. */
  @Override
  public Socket accept() throws IOException {
    while (!closed) {
      SocketChannel c;
      try {
        c = channel.accept();
      } catch (ClosedChannelException e) {
        throw (SocketException) new SocketException("closed").initCause(e);
      }
      if (c != null) {
        return address instanceof UnixDomainSocketAddress u
            ? UnixSocket.of(c, u.getPath())
            : c.socket();
      }
      try {
        selector.select();
        selector.selectedKeys().clear();
      } catch (ClosedSelectorException e) {
        break;
      }
      if (Thread.interrupted()) { // with which it would be polled without a pause
        throw new InterruptedIOException("interrupted");
      }
    }
    throw new SocketException("closed");
  }

  /** Returns the listening address, or null for a Unix socket. */
  @Override
  public @Nullable SocketAddress getLocalSocketAddress() {
    return address instanceof InetSocketAddress ? address : null;
  }

  @Override
  public int getLocalPort() {
    return address instanceof InetSocketAddress a ? a.getPort() : -1;
  }

  /** Accepts no more; other processes that share the socket may. */
  @Override
  public void close() {
    closed = true;
    try {
      selector.close(); // wakes who waits; the channel stays open
    } catch (IOException e) {
      selector.wakeup();
    }
  }

  @Override
  public String toString() {
    return address.toString();
  }
}
