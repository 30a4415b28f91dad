package dev.tethys.web.socket;

import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/**
 * Receives datagrams over UDP on one platform thread. Waiting datagrams are in the kernel's buffer,
 * which drops excess ones.
 */
public final class DatagramListener
    implements SocketListener, PassingListener<DatagramListener.Handler> {
  /** Handles datagrams, on one thread. */
  public interface Handler {
    /** Handles a datagram; the buffer is reused. */
    void datagram(byte[] buf, int length, InetAddress from) throws InterruptedException;

    /**
     * Called when no datagram has arrived for a moment, or {@link Options#gather} or {@link
     * Options#gatherBytes} is reached: gathered datagrams are to be passed on.
     */
    default void pause() throws InterruptedException {}
  }

  /**
   * Options of a listener.
   *
   * @param address {@code host:port}, {@code :port} or {@code [v6]:port}; a multicast group is
   *     joined on every multicast interface
   * @param receiveBuffer of the kernel in bytes, 0 for its default
   * @param gather longest time between two calls of {@link Handler#pause} while datagrams arrive
   * @param gatherBytes the same in bytes of datagrams
   */
  public record Options(String address, int receiveBuffer, Duration gather, int gatherBytes) {
    public Options(String address) {
      this(address, 2 << 20, Duration.ofMillis(200), 1 << 20);
    }

    /** Variant with a kernel buffer of {@code bytes} bytes; 0 for the system's default. */
    public Options withReceiveBuffer(int bytes) {
      return bytes == 0 ? this : new Options(address, bytes, gather, gatherBytes);
    }
  }

  private static final System.Logger LOG = JulLogger.of(DatagramListener.class.getName());
  private static final LimitedLog PEER_LOG = new LimitedLog(LOG);
  private static final int MAX_DATAGRAM = 65_535;
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** Time for forwarding collected datagrams before another handler takes over. */
  private static final Duration LAST = Duration.ofSeconds(1);

  /** Silence after which a sender's burst has ended. */
  private static final int QUIET_MILLIS = 20;

  private final DatagramSocket socket;
  private final Options options;
  private final HandlerSlot<Handler> slot;
  private final Thread thread;
  private final LongAdder datagrams = new LongAdder();
  private volatile boolean closed;

  private DatagramListener(DatagramSocket socket, Options options, Handler handler) {
    this.socket = socket;
    this.options = options;
    this.slot = new HandlerSlot<>(handler);
    this.thread =
        Thread.ofPlatform()
            .daemon()
            .name("datagrams " + options.address())
            .unstarted(SupervisedLoop.of("datagrams", this::run));
  }

  /**
   * Listens.
   *
   * @throws IOException if the address is malformed or not available
   */
  public static DatagramListener start(Options options, Handler handler) throws IOException {
    var a = StreamListener.address(options.address());
    DatagramSocket s;
    try {
      s =
          a.getAddress() != null && a.getAddress().isMulticastAddress()
              ? joined(a)
              : new DatagramSocket(a);
    } catch (IOException e) {
      throw new IOException("cannot listen on " + options.address() + "/udp: " + e.getMessage(), e);
    }
    if (options.receiveBuffer() > 0) {
      s.setReceiveBufferSize(options.receiveBuffer());
    }
    DatagramListener l = new DatagramListener(s, options, handler);
    l.thread.start();
    return l;
  }

  /** Opens a socket that joins a multicast group on every capable interface and shares its port. */
  private static DatagramSocket joined(InetSocketAddress group) throws IOException {
    DatagramSocket s = new DatagramSocket(null);
    try {
      s.setReuseAddress(true);
      s.bind(group);
      int in = 0;
      for (NetworkInterface i : NetworkInterface.networkInterfaces().toList()) {
        if (i.isUp() && i.supportsMulticast()) {
          s.joinGroup(group, i);
          in++;
        }
      }
      if (in == 0) {
        throw new IOException("no network interface supports multicast");
      }
      return s;
    } catch (IOException e) {
      s.close();
      throw e;
    }
  }

  @Override
  public int port() {
    return socket.getLocalPort();
  }

  private void run() {
    byte[] buf = new byte[MAX_DATAGRAM];
    DatagramPacket p = new DatagramPacket(buf, buf.length);
    boolean waiting = false;
    long use = 0;
    long since = 0;
    long bytes = 0;
    try {
      while (!closed) {
        try {
          socket.setSoTimeout(waiting ? QUIET_MILLIS : 0);
          p.setLength(buf.length);
          socket.receive(p);
          datagrams.increment();
          if (!waiting) {
            use = slot.enter();
            waiting = true;
            since = System.nanoTime();
            bytes = 0;
          }
          bytes += p.getLength();
          Handler h = slot.handler();
          if (h != null) {
            h.datagram(buf, p.getLength(), p.getAddress());
          }
          if (!slot.isHeld()
              && bytes < options.gatherBytes()
              && System.nanoTime() - since < options.gather().toNanos()) {
            continue;
          }
        } catch (SocketTimeoutException e) {
          // quiet
        } catch (IOException e) {
          if (closed) {
            break;
          }
          PEER_LOG.log(
              Level.WARNING, "Datagram not received listener={0} err={1}", options.address(), e);
        } catch (RuntimeException e) {
          PEER_LOG.failure(Level.ERROR, "Datagram not handled listener", options.address(), e);
        }
        if (waiting) {
          waiting = false;
          end(use);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (waiting) {
      end(use);
    }
  }

  /** Passes gathered datagrams on, and allows another handler. */
  private void end(long use) {
    try {
      Handler h = slot.handler();
      if (h != null) {
        h.pause();
      }
    } catch (RuntimeException e) {
      PEER_LOG.failure(Level.ERROR, "Datagrams not delivered listener", options.address(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      slot.exit(use);
    }
  }

  @Override
  public boolean hold() {
    return slot.hold(LAST);
  }

  @Override
  public void serve(Handler next) {
    slot.serve(next);
  }

  /** Stops listening, and waits briefly until assembled data is passed on. */
  @Override
  public void close() {
    closed = true;
    socket.close();
    slot.close();
    try {
      if (!thread.join(GRACE)) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
