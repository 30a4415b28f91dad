package dev.tethys.pipeline.receiver.points;

import dev.tethys.model.guard.ByteBudget;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.points.PointConsumer.Points;
import dev.tethys.pipeline.server.PortExchange;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.socket.DatagramListener;
import dev.tethys.web.socket.PassingListener;
import dev.tethys.web.socket.StreamListener;
import dev.tethys.web.socket.UnixDatagramListener;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sockets for points without acknowledgements. Rejected data is kept and offered again before more
 * is read: over TCP that slows the sender down, over UDP it fills the kernel's buffer.
 */
public final class PointSockets {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(5);

  /** Memory per byte of lines, as points and as delivered data. */
  public static final long POINT_FACTOR = 8;

  private PointSockets() {}

  /**
   * Lines over TCP.
   *
   * @param maxLine longest line in bytes
   */
  public static SocketServerEndpoint lines(
      StreamListener.Options options,
      int maxLine,
      PointFormat format,
      PointConsumer to,
      PointTally tally) {
    return lines(
        options,
        maxLine,
        new LineHandler() {
          @Override
          public void line(byte[] buf, int offset, int length, long lane)
              throws InterruptedException {
            try (ByteBudget.Reservation held = ByteBudget.process().open();
                Points p = to.open(lane, Metadata.NONE)) {
              held.awaitLong(POINT_FACTOR * length);
              tally.refused("tcp", format.read(buf, offset, length, p));
              deliver(p, tally, "tcp");
            }
          }

          @Override
          public void tooLong(long lines) {
            tally.refused("tcp", lines, "a line is longer than " + maxLine + " bytes");
          }
        });
  }

  /** Lines over TCP that are read by their own rules. */
  public static SocketServerEndpoint lines(
      StreamListener.Options options, int maxLine, LineHandler handler) {
    return passing(
        new LineListener.Settings(options, maxLine),
        List.of(options.address()),
        LineListener.class,
        () -> handler,
        h -> LineListener.start(options, maxLine, h));
  }

  /** Datagrams over UDP. */
  public static SocketServerEndpoint datagrams(
      DatagramListener.Options options, PointFormat format, PointConsumer to, PointTally tally) {
    return datagrams(options, () -> new Gathered(format, to, tally));
  }

  /** Datagrams that are read by their own rules. */
  public static SocketServerEndpoint datagrams(
      DatagramListener.Options options, HandlerFactory handler) {
    return passing(
        options,
        List.of(options.address() + "/udp"),
        DatagramListener.class,
        handler,
        h -> DatagramListener.start(options, h));
  }

  /**
   * Listens for datagrams over a Unix socket, which is created and removed.
   *
   * @param mode file permissions
   */
  public static SocketServerEndpoint datagrams(
      Path path, Set<PosixFilePermission> mode, UnixDatagramListener.Handler handler) {
    return passing(
        List.of(path, mode),
        List.of(path.toString()),
        UnixDatagramListener.class,
        () -> handler,
        h -> UnixDatagramListener.start(path, mode, h));
  }

  /** Creates the handler of a socket when it is opened. */
  @FunctionalInterface
  public interface HandlerFactory extends Handlers<DatagramListener.Handler> {}

  /** Creates a handler. */
  @FunctionalInterface
  public interface Handlers<H> {
    H handler() throws IOException;
  }

  /** Starts a listener. */
  @FunctionalInterface
  interface Starting<H, L> {
    L start(H handler) throws IOException;
  }

  /**
   * Creates a listener that can be passed to another receiver.
   *
   * @param settings equal settings allow the handover
   * @param addresses addresses the listener accepts data from
   */
  static <H, L extends PassingListener<H>> SocketServerEndpoint passing(
      Object settings,
      List<String> addresses,
      Class<L> type,
      Handlers<? extends H> handlers,
      Starting<H, L> starting) {
    return new PassingEndpoint<>(settings, addresses, type, handlers, starting);
  }

  /** Listener that a receiver can pass to another one. */
  private static final class PassingEndpoint<H, L extends PassingListener<H>>
      implements SocketServerEndpoint {
    private final Object settings;
    private final List<String> addresses;
    private final Class<L> type;
    private final Handlers<? extends H> handlers;
    private final Starting<H, L> starting;
    private @Nullable L listener;

    PassingEndpoint(
        Object settings,
        List<String> addresses,
        Class<L> type,
        Handlers<? extends H> handlers,
        Starting<H, L> starting) {
      this.settings = settings;
      this.addresses = addresses;
      this.type = type;
      this.handlers = handlers;
      this.starting = starting;
    }

    @Override
    public void open() throws IOException {
      H h = handlers.handler();
      listener = PortExchange.open(settings, addresses, h, type, () -> starting.start(h));
    }

    @Override
    public Object settings() {
      return settings;
    }

    @Override
    public int port() {
      return listener == null ? -1 : listener.port();
    }

    @Override
    public void close() {
      if (listener != null) {
        PortExchange.close(settings, addresses, listener);
        listener = null;
      }
    }
  }

  /** Combines data that arrives in quick succession. */
  private static final class Gathered implements DatagramListener.Handler {
    private final PointFormat format;
    private final PointConsumer to;
    private final PointTally tally;
    private @Nullable Points open;

    Gathered(PointFormat format, PointConsumer to, PointTally tally) {
      this.format = format;
      this.to = to;
      this.tally = tally;
    }

    @Override
    public void datagram(byte[] buf, int length, InetAddress from) {
      Points p = open;
      if (p == null) {
        // One lane for the entire socket, because datagrams of different senders are combined.
        open = p = to.open(1L << 33, Metadata.NONE);
      }
      tally.refused("udp", format.read(buf, 0, length, p));
    }

    @Override
    public void pause() throws InterruptedException {
      Points p = open;
      if (p != null) {
        open = null;
        try (p) {
          deliver(p, tally, "udp");
        }
      }
    }
  }

  /** Something to be delivered. */
  @FunctionalInterface
  public interface Offer {
    /** Delivers within a time limit limit; may be called again after a failure. */
    Outcome deliver(Duration timeLimit) throws InterruptedException;
  }

  /** Delivers until accepted or permanently rejected. */
  public static void deliver(Points p, PointTally tally, String transport)
      throws InterruptedException {
    deliver((Offer) p::deliver, tally, transport);
  }

  /** Variant for any kind of data. */
  public static void deliver(Offer o, PointTally tally, String transport)
      throws InterruptedException {
    Duration pause = FIRST_PAUSE;
    while (true) {
      switch (o.deliver(ReceiverAdmission.MAX_WAIT)) {
        case Outcome.Accepted a -> {
          return;
        }
        case Outcome.Rejected r -> {
          tally.refused(transport, r.items(), r.reason());
          return;
        }
        case Outcome.Unavailable u -> {
          Duration wait = u.retryAfter(pause);
          Thread.sleep(wait.compareTo(LAST_PAUSE) > 0 ? LAST_PAUSE : wait);
          pause = pause.multipliedBy(2);
        }
      }
    }
  }
}
