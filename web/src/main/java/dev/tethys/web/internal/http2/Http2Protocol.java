package dev.tethys.web.internal.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.internal.AbortedResponseException;
import dev.tethys.web.internal.AcceptedConnection;
import dev.tethys.web.internal.ConnectionTimeouts;
import dev.tethys.web.internal.FrameBudget;
import dev.tethys.web.internal.Peer;
import dev.tethys.web.internal.Protocol;
import dev.tethys.web.internal.RequestGate;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.SocketWriter;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRouting;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2, implemented by the engine over connections that this server reads and observes itself.
 * The engine is created for the first HTTP/2 connection: most servers never have one.
 *
 * <p>HTTP/2 starts with its preface or with TLS, never with an upgrade, which RFC 9113 removed.
 */
public final class Http2Protocol implements Protocol {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  /** Time for which data of a closing connection is still read. */
  private static final long CLOSE_GRACE_NANOS = 500_000_000;

  private static final int CLOSE_READ_MILLIS = 100;
  private static final int MAX_UNREAD = 1 << 20;

  private static final Registry.Vector<Registry.Counter> REJECTED =
      Registry.process()
          .counters(
              "tethys_http2_connections_rejected_total",
              "HTTP/2 connections ended because of frames that their client sent.",
              "reason");

  private final HttpListenerOptions options;
  private final ConnectionTimeouts clients;
  private final RequestGate answers;

  @GuardedBy("this")
  private @Nullable Http2Engine engine;

  /** Creates the protocol for one listener. */
  public Http2Protocol(
      HttpListenerOptions options, ConnectionTimeouts clients, RequestGate answers) {
    this.options = options;
    this.clients = clients;
    this.answers = answers;
  }

  @Override
  public Set<String> names() {
    return Set.of("h2");
  }

  @Override
  public Answer detect(byte[] begin, int length) {
    byte[] preface = ClientFrames.PREFACE;
    int n = Math.min(length, preface.length);
    if (!Arrays.equals(begin, 0, n, preface, 0, n)) {
      return Answer.NO;
    }
    return n == preface.length ? Answer.YES : Answer.NOT_YET;
  }

  private synchronized Http2Engine engine() {
    Http2Engine e = engine;
    if (e == null) {
      e = new Http2Engine(options, routing());
      engine = e;
    }
    return e;
  }

  private HttpRouting.Builder routing() {
    return HttpRouting.builder()
        .any(
            (q, r) -> {
              StreamThreads threads = StreamThreads.current();
              ConnectionTimeouts.Exchange exchange =
                  clients.begin(q.remotePeer().address(), q.localPeer().address(), q.id());
              if (exchange == null) {
                clients.awaitEnd(q.remotePeer().address(), q.localPeer().address());
                throw new CloseConnectionException("the client sends this request elsewhere");
              }
              try {
                answers.answer(
                    exchange, new MultiplexedRequest(q, threads), new MultiplexedResponse(r));
              } catch (AbortedResponseException e) {
                throw new CloseConnectionException(e.getMessage(), e.getCause());
              } finally {
                threads.drains();
              }
            });
  }

  /** The client may open fewer streams than the engine supports. */
  @Override
  public void serve(AcceptedConnection c, byte[] begin) throws InterruptedException {
    Peer peer = clients.connected(c);
    Http2Engine e = engine();
    DataWriter socket = SocketWriter.create(c.socket());
    StreamLimitWriter out =
        new StreamLimitWriter(socket, options.http2().streams(), System::nanoTime);
    StreamThreads threads = new StreamThreads(e.listener().executor(), System::nanoTime);
    LongConnection whole = new LongConnection(out, peer, threads, options, System::nanoTime);
    peer.multiplexed(whole);
    ClientFrames frames =
        new ClientFrames(
            whole, new FrameBudget(System::nanoTime), options.http2().headerListBytes());
    try {
      e.serve(EngineConnection.of(c, begin, frames, whole, out, threads, e));
    } catch (ConnectionViolation v) {
      peer.timeLimit(CLOSE_READ_MILLIS);
      end(v, c);
    } catch (CloseConnectionException
        | SocketWriterException
        | DataReader.InsufficientDataAvailableException
        | UncheckedIOException x) {
      LOG.log(Level.DEBUG, "a connection has ended", x);
    } finally {
      threads.end();
      socket.close();
    }
  }

  /**
   * Counts the violation, and reads a little more, since a connection closed with unread bytes is
   * reset.
   */
  private static void end(ConnectionViolation v, AcceptedConnection c) {
    REJECTED.with(v.reason()).inc();
    LOG.log(
        Level.DEBUG, "HTTP/2 connection ended client={0} reason={1}", c.remote(), v.getMessage());
    byte[] unread = new byte[8 << 10];
    long until = System.nanoTime() + CLOSE_GRACE_NANOS;
    int n = 0;
    try {
      for (int remaining = MAX_UNREAD;
          remaining > 0 && n >= 0 && System.nanoTime() - until < 0;
          remaining -= n) {
        n = c.read(unread, 0);
      }
    } catch (UncheckedIOException e) {
      LOG.log(Level.DEBUG, "the client stopped sending", e);
    }
  }

  @Override
  public synchronized void close() {
    if (engine != null) {
      engine.close();
    }
  }
}
