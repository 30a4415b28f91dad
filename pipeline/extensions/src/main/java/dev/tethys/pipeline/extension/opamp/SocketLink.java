package dev.tethys.pipeline.extension.opamp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.opamp.ServerToAgent;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.UrlHost;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.web.client.RetryAfter;
import dev.tethys.web.client.WebSocketStreams;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connection over a WebSocket: changes are sent immediately by one thread, messages of the server
 * are read by another. Both sides send pings, so that a dead connection is detected and reopened.
 */
final class SocketLink implements OpampLink {
  /** Connects to the host of a URL of {@code http} or {@code https}. */
  @FunctionalInterface
  interface Dialer {
    /**
     * Connects.
     *
     * @param tls null for {@code http}
     * @param deadline deadline as a {@link System#nanoTime} value
     */
    Socket connect(URI to, @Nullable TlsConfig tls, long deadline) throws IOException;
  }

  private final OpampSettings.Server server;
  private final @Nullable ClientAuth auth;
  private final Dialer dialer;
  private final ReconnectBackoff pace;
  private final Scheduler clock;

  @GuardedBy("this")
  private @Nullable Socket open;

  @GuardedBy("this")
  private boolean ended;

  private volatile boolean up;

  SocketLink(
      OpampSettings.Server server,
      @Nullable ClientAuth auth,
      Dialer dialer,
      ReconnectBackoff pace,
      Scheduler clock) {
    this.server = server;
    this.auth = auth;
    this.dialer = dialer;
    this.pace = pace;
    this.clock = clock;
  }

  @Override
  public void runSession(Reports reports) throws IOException, InterruptedException {
    if (reports.isStopping()) {
      return;
    }
    URI u = server.endpoint();
    boolean secured = u.getScheme().equals("wss");
    int port = UrlHost.port(u) > 0 ? UrlHost.port(u) : secured ? 443 : 80;
    TlsConfig tls = secured ? server.tls() : null;
    Map<String, String> headers = headers();
    URI over = URI.create((secured ? "https://" : "http://") + UrlHost.of(u) + ":" + port);
    Socket s = dialer.connect(over, tls, clock.nanos() + pace.request().toNanos());
    try (s) {
      keep(s);
      reports.begin();
      Session session = new Session(s, upgrade(s, headers, u));
      up = true;
      clock.execute("opamp-reader", () -> session.receive(reports));
      try {
        session.sendReports(reports);
      } finally {
        close(s);
        session.received.await(); // or it would break off the connection after this one
      }
    } finally {
      up = false;
      forget();
    }
  }

  private Map<String, String> headers() throws IOException {
    Map<String, String> out = new LinkedHashMap<>();
    server.headers().forEach((k, v) -> out.put(k, v.value()));
    if (auth != null) {
      auth.headers()
          .forEach(
              (k, v) -> {
                out.keySet().removeIf(k::equalsIgnoreCase);
                out.put(k, v);
              });
    }
    return ClientAuth.edited(auth, out);
  }

  private WebSocketStreams upgrade(Socket s, Map<String, String> headers, URI u)
      throws IOException {
    String path = u.getRawPath() == null || u.getRawPath().isEmpty() ? "/" : u.getRawPath();
    String query = u.getRawQuery() == null ? "" : "?" + u.getRawQuery();
    s.setSoTimeout((int) pace.request().toMillis());
    // Limits the total time of a handshake, even if a server responds byte by byte.
    Scheduler.Timer late = clock.schedule(pace.request(), () -> close(s));
    try {
      return WebSocketStreams.open(
          new BufferedInputStream(s.getInputStream()),
          s.getOutputStream(),
          new WebSocketStreams.Upgrade(u.getRawAuthority(), path + query, "", headers));
    } catch (WebSocketStreams.Refused e) {
      if (auth != null && e.isForbidden()) {
        auth.refused();
      }
      throw new Busy(
          e.getMessage()
              + (e.location().isEmpty() ? "" : "; it points to " + e.location() + ", set endpoint"),
          RetryAfter.of(e.retryAfter(), Instant.ofEpochMilli(clock.millis())));
    } finally {
      late.cancel();
    }
  }

  private synchronized void keep(Socket s) throws IOException {
    if (ended) {
      throw new IOException("it has ended");
    }
    open = s;
  }

  private synchronized void forget() {
    open = null;
  }

  @Override
  public boolean isUp() {
    return up;
  }

  @Override
  public synchronized void end() {
    ended = true;
    if (open != null) {
      close(open);
    }
  }

  private static void close(Socket s) {
    try {
      s.close();
    } catch (IOException e) {
      // the receiver has gone
    }
  }

  /** One connection. */
  private final class Session {
    private final Socket socket;
    private final WebSocketStreams streams;
    private final CountDownLatch received = new CountDownLatch(1); // the complete message
    private volatile @Nullable IOException failure;

    Session(Socket socket, WebSocketStreams streams) {
      this.socket = socket;
      this.streams = streams;
    }

    void receive(Reports reports) {
      try {
        socket.setSoTimeout((int) pace.silence().toMillis());
        while (true) {
          byte[] m = streams.message(OpampAgent.MAX_MESSAGE);
          if (m == null) {
            throw new IOException("it closed the connection");
          }
          reports.receive(ServerToAgent.unframed(m));
        }
      } catch (SocketTimeoutException e) {
        fail(new IOException("no message for " + pace.silence().toSeconds() + " s", e));
      } catch (CodecException e) {
        fail(new IOException("the server sent something other than OpAMP: " + e.getMessage(), e));
      } catch (IOException e) {
        fail(e);
      } finally {
        close(socket); // stops the writer
        reports.breakOff();
        received.countDown();
      }
    }

    private void fail(IOException why) {
      if (failure == null) {
        failure = why;
      }
    }

    /** Returns the reason why the server disconnected, if the other thread knows it. */
    private IOException causeOf(IOException written) {
      IOException cause = failure;
      return cause == null ? written : cause;
    }

    void sendReports(Reports reports) throws IOException, InterruptedException {
      long signed = clock.nanos();
      long pinged = signed;
      boolean sign = true;
      while (true) {
        IOException broken = failure;
        if (broken != null) {
          throw broken;
        }
        if (reports.isStopping()) {
          write(reports.last().framed());
          streams.close();
          // Unread bytes of the server would reset the connection, and this message with it.
          received.await(pace.farewell().toMillis() / 2, TimeUnit.MILLISECONDS);
          return;
        }
        Reports.Draft d = reports.next(sign);
        if (d != null) {
          write(d.message().framed());
          reports.messageSent(d);
          signed = clock.nanos();
          reports.pause(pace.gap());
        }
        Duration beat = reports.heartbeat();
        long now = clock.nanos();
        if (now - pinged >= pace.heartbeat().toNanos()) {
          ping();
          pinged = now;
        }
        long remaining = pace.heartbeat().toNanos() - (now - pinged);
        if (!beat.isZero()) {
          remaining = Math.min(remaining, beat.toNanos() - (now - signed));
        }
        reports.await(Duration.ofNanos(Math.max(0, remaining)));
        sign = !beat.isZero() && clock.nanos() - signed >= beat.toNanos();
      }
    }

    private void write(byte[] message) throws IOException {
      guarded(
          () -> {
            OutputStream out = streams.output();
            out.write(message);
            out.flush();
          });
    }

    private void ping() throws IOException {
      guarded(streams::ping);
    }

    private interface Writing {
      void write() throws IOException;
    }

    /**
     * Runs a write with a deadline: socket writes have no timeout, so a peer that reads nothing
     * would block the thread forever.
     */
    private void guarded(Writing w) throws IOException {
      Scheduler.Timer late = clock.schedule(pace.silence(), () -> close(socket));
      try {
        w.write();
      } catch (IOException e) {
        throw causeOf(e);
      } finally {
        late.cancel();
      }
    }
  }
}
