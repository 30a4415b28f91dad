package dev.tethys.pipeline.receiver.points;

import dev.tethys.model.guard.ByteBudget;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.points.PointConsumer.Points;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.socket.DatagramListener;
import dev.tethys.web.socket.LineInput;
import dev.tethys.web.socket.SocketListener;
import dev.tethys.web.socket.StreamListener;
import dev.tethys.web.socket.UnixDatagramListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sockets over which points come without an answer. What is not taken now is kept and offered again
 * before anything more is read: over TCP that slows the sender, over UDP it fills the kernel's
 * buffer.
 */
public final class PointSockets {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LAST_PAUSE = Duration.ofSeconds(5);

  /** What a byte of lines takes as points, and as what is delivered. */
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
    return stream(options, s -> readLines(s, maxLine, format, to, tally));
  }

  private static void readLines(
      Socket s, int maxLine, PointFormat format, PointConsumer to, PointTally tally)
      throws IOException, InterruptedException {
    try (LineInput in = new LineInput(s.getInputStream(), maxLine)) {
      readLines(s, in, maxLine, format, to, tally);
    }
  }

  private static void readLines(
      Socket s, LineInput in, int maxLine, PointFormat format, PointConsumer to, PointTally tally)
      throws IOException, InterruptedException {
    long lane = PipelinePoints.lane(s.getInetAddress());
    long tooLong = 0;
    while (in.next()) {
      try (ByteBudget.Reservation held = ByteBudget.process().open();
          Points p = to.open(lane, Metadata.NONE)) {
        held.awaitLong(POINT_FACTOR * in.length());
        tally.refused("tcp", format.read(in.buffer(), in.offset(), in.length(), p));
        deliver(p, tally, "tcp");
      }
      if (in.tooLong() > tooLong) {
        tally.refused("tcp", in.tooLong() - tooLong, "a line is longer than " + maxLine + " bytes");
        tooLong = in.tooLong();
      }
    }
  }

  /** A connection that is read by its own rules. */
  public static SocketServerEndpoint stream(
      StreamListener.Options options, StreamListener.Handler handler) {
    return endpoint(() -> StreamListener.start(options, handler));
  }

  /** A connection over a socket of this machine, which is made and removed. */
  public static SocketServerEndpoint stream(Path path, StreamListener.Handler handler) {
    return endpoint(() -> StreamListener.start(path, handler));
  }

  /** Datagrams over UDP. */
  public static SocketServerEndpoint datagrams(
      DatagramListener.Options options, PointFormat format, PointConsumer to, PointTally tally) {
    return datagrams(options, () -> new Gathered(format, to, tally));
  }

  /** Datagrams that are read by their own rules. */
  public static SocketServerEndpoint datagrams(
      DatagramListener.Options options, HandlerFactory handler) {
    return endpoint(() -> DatagramListener.start(options, handler.handler()));
  }

  /**
   * Datagrams over a socket of this machine, which is made and removed.
   *
   * @param mode who may write to it
   */
  public static SocketServerEndpoint datagrams(
      Path path, Set<PosixFilePermission> mode, UnixDatagramListener.Handler handler) {
    return new SocketServerEndpoint() {
      private @Nullable UnixDatagramListener listener;

      @Override
      public void open() throws IOException {
        listener = UnixDatagramListener.start(path, mode, handler);
      }

      @Override
      public int port() {
        return -1;
      }

      @Override
      public void close() {
        if (listener != null) {
          listener.close();
        }
      }
    };
  }

  /** Makes the handler of a socket when it is opened. */
  @FunctionalInterface
  public interface HandlerFactory {
    DatagramListener.Handler handler() throws IOException;
  }

  @FunctionalInterface
  private interface Opening {
    SocketListener open() throws IOException;
  }

  private static SocketServerEndpoint endpoint(Opening opening) {
    return new SocketServerEndpoint() {
      private @Nullable SocketListener listener;

      @Override
      public void open() throws IOException {
        listener = opening.open();
      }

      @Override
      public int port() {
        return listener == null ? -1 : listener.port();
      }

      @Override
      public void close() {
        if (listener != null) {
          listener.close();
        }
      }
    };
  }

  /** Puts together what comes shortly one after the other. */
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
        // All that a socket brings is one lane: datagrams of different senders are put together.
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
    /** Hands it on and waits for as long; may be called again when it failed. */
    Outcome deliver(Duration timeLimit) throws InterruptedException;
  }

  /** Delivers until it is taken or rejected permanently. */
  public static void deliver(Points p, PointTally tally, String transport)
      throws InterruptedException {
    deliver((Offer) p::deliver, tally, transport);
  }

  /** The same of anything. */
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
