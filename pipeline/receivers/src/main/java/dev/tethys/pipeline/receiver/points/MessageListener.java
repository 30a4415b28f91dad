package dev.tethys.pipeline.receiver.points;

import dev.tethys.pipeline.server.SocketServerEndpoint;
import dev.tethys.web.socket.HandlerSlot;
import dev.tethys.web.socket.PassingListener;
import dev.tethys.web.socket.StreamListener;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Listener for messages over connections, which are read by the rules of a protocol. Another
 * handler takes over between two messages of a connection.
 */
public final class MessageListener<M> implements PassingListener<MessageListener.Handler<M>> {
  private static final Duration LAST = Duration.ofSeconds(1);

  /** Handler of messages, on the thread of each connection. */
  public interface Handler<M> {
    /**
     * Takes a message.
     *
     * @return whether the connection continues
     */
    boolean take(M message) throws IOException, InterruptedException;

    /** Reports that a connection ends because of unreadable data. */
    void refused(String reason);
  }

  /** Reads the messages of a connection. */
  public interface Input<M> extends AutoCloseable {
    /**
     * Waits for a message.
     *
     * @return null at the end of the connection
     * @throws RefusedException if the data is not a valid message
     */
    @Nullable M next() throws IOException, InterruptedException;

    @Override
    void close();
  }

  /** Thrown for a connection without a readable message. */
  public static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1;

    public RefusedException(String reason, @Nullable Throwable cause) {
      super(reason, cause);
    }
  }

  /** Rules for reading connections; equal rules allow their connections to be reused. */
  @FunctionalInterface
  public interface Protocol<M> {
    Input<M> open(Socket connection) throws IOException;

    /** Serves the port by other means, until they are closed. */
    default AutoCloseable companion(int port) throws IOException {
      return () -> {};
    }
  }

  /** Settings that cannot change while connections stay open. */
  private record Settings(Object place, Object rules) {}

  private final HandlerSlot<Handler<M>> slot;
  private final StreamListener streams;
  private final AutoCloseable companion;

  private MessageListener(
      HandlerSlot<Handler<M>> slot, StreamListener streams, AutoCloseable companion) {
    this.slot = slot;
    this.streams = streams;
    this.companion = companion;
  }

  /**
   * Listens for messages over TCP.
   *
   * @param rules settings of the protocol: another endpoint with equal rules takes over the
   *     connections
   */
  public static <M> SocketServerEndpoint over(
      StreamListener.Options options, Object rules, Protocol<M> protocol, Handler<M> handler) {
    return endpoint(
        new Settings(options, rules),
        options.address(),
        handler,
        h -> start(connections -> StreamListener.start(options, connections), protocol, h));
  }

  /** Listens for messages over a Unix socket, which is created and removed. */
  public static <M> SocketServerEndpoint over(
      Path path, Object rules, Protocol<M> protocol, Handler<M> handler) {
    return endpoint(
        new Settings(path, rules),
        path.toString(),
        handler,
        h -> start(connections -> StreamListener.start(path, connections), protocol, h));
  }

  @SuppressWarnings("unchecked") // equal rules have the same protocol
  private static <M> SocketServerEndpoint endpoint(
      Settings settings,
      String address,
      Handler<M> handler,
      PointSockets.Starting<Handler<M>, MessageListener<M>> starting) {
    return PointSockets.passing(
        settings,
        List.of(address),
        (Class<MessageListener<M>>) (Class<?>) MessageListener.class,
        () -> handler,
        starting);
  }

  @FunctionalInterface
  private interface Opening {
    StreamListener open(StreamListener.Handler connections) throws IOException;
  }

  private static <M> MessageListener<M> start(
      Opening opening, Protocol<M> protocol, Handler<M> handler) throws IOException {
    HandlerSlot<Handler<M>> slot = new HandlerSlot<>(handler);
    StreamListener streams = opening.open(s -> read(s, protocol, slot));
    try {
      return new MessageListener<>(slot, streams, protocol.companion(streams.port()));
    } catch (IOException e) {
      streams.close();
      throw e;
    }
  }

  private static <M> void read(Socket s, Protocol<M> protocol, HandlerSlot<Handler<M>> slot)
      throws IOException, InterruptedException {
    try (Input<M> in = protocol.open(s)) {
      boolean more = true;
      while (more) {
        M message = in.next();
        more = message != null && use(slot, h -> h.take(message));
      }
    } catch (RefusedException e) {
      use(
          slot,
          h -> {
            h.refused(String.valueOf(e.getMessage()));
            return false;
          });
    }
  }

  @FunctionalInterface
  private interface Use<M> {
    boolean by(Handler<M> handler) throws IOException, InterruptedException;
  }

  /** Whether the connection continues. */
  private static <M> boolean use(HandlerSlot<Handler<M>> slot, Use<M> use)
      throws IOException, InterruptedException {
    long entry = slot.enter();
    try {
      Handler<M> h = slot.handler();
      return h != null && use.by(h);
    } finally {
      slot.exit(entry);
    }
  }

  @Override
  public boolean hold() {
    return slot.hold(LAST);
  }

  @Override
  public void serve(Handler<M> next) {
    slot.serve(next);
  }

  @Override
  public int port() {
    return streams.port();
  }

  @Override
  public void close() {
    slot.close();
    streams.close();
    try {
      companion.close();
    } catch (Exception e) {
      throw new IllegalStateException("a companion closes without errors", e);
    }
  }
}
