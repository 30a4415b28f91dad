package dev.tethys.web.internal.http1;

import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpException;
import dev.tethys.web.internal.AbortedResponseException;
import dev.tethys.web.internal.AcceptedConnection;
import dev.tethys.web.internal.ConnectionTimeouts;
import dev.tethys.web.internal.Peer;
import dev.tethys.web.internal.RequestGate;
import dev.tethys.web.internal.proxied.ProxyHeader;
import io.helidon.common.socket.HelidonSocket;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/1: its requests, one after another, on the virtual thread that it was given.
 * While requests follow each other closely they are served by one of a few platform threads:
 * waiting for the next bytes costs it one system call, while a virtual thread needs a poller, a
 * scheduler and the copying of its stack.
 */
final class Http1Connection {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  private static final int CORES = Runtime.getRuntime().availableProcessors();

  /** Connections that are served by platform threads since they are busy all the time. */
  private static final Semaphore BUSY = new Semaphore(Math.max(4, 2 * CORES));

  /**
   * Such that sent a few requests, as dashboards do. They have their own places: a thread whose
   * client was watched during a long response may keep its place until it ends.
   */
  private static final Semaphore BRIEF = new Semaphore(Math.max(2, CORES));

  /** Handlers compute queries on the thread that they are on, whose trees can be tall. */
  private static final long STACK = 32 << 20;

  private static final AtomicLong THREADS = new AtomicLong();

  /** Number of successive closely spaced requests after which a connection counts as busy. */
  private static final int MANY = 20;

  private static final long CLOSELY_NANOS = 250_000_000;

  /** Time without a request after which a connection is idle. */
  private static final int IDLE_MILLIS = 1_000;

  private final SocketInput in;
  private final RequestHead head;
  private final Http1Response answer;
  private Http1Request.Client client;
  private boolean proxied; // a header may come before the first request
  private final Peer peer;
  private final RequestGate answers;

  /** When the last response was given, or a head read; by the thread that serves. */
  private long lastNanos = System.nanoTime();

  /** By the thread that serves: whether there was a response. */
  private boolean answered;

  /** Number of requests that closely followed another; used by the serving thread only. */
  private int closely;

  Http1Connection(
      AcceptedConnection connection,
      byte[] begin,
      boolean proxied,
      RequestHead head,
      Peer peer,
      RequestGate answers) {
    HelidonSocket socket = connection.socket();
    this.in = new SocketInput(socket, begin);
    this.head = head;
    this.proxied = proxied;
    this.answer = new Http1Response(socket, in);
    this.client = Http1Request.Client.of(connection);
    this.peer = peer;
    this.answers = answers;
  }

  /** Serves it to its end. */
  void serve() throws InterruptedException {
    boolean again = true;
    while (again) {
      Semaphore place = place();
      again = place == null ? one() : onPlatformThread(place);
    }
  }

  /** Acquires a permit for a platform thread; returns null if there is none. */
  private @Nullable Semaphore place() {
    if (closely == 0 || !peer.isTimed()) {
      return null;
    }
    if (closely >= MANY && BUSY.tryAcquire()) {
      return BUSY;
    }
    return BRIEF.tryAcquire() ? BRIEF : null;
  }

  /** Serves until the connection is idle, or returns false at its end. Releases the permit. */
  private boolean onPlatformThread(Semaphore place) throws InterruptedException {
    AtomicBoolean silent = new AtomicBoolean();
    try {
      peer.timeLimit(IDLE_MILLIS);
      in.throwWhenIdle(true);
      Thread own =
          Thread.ofPlatform()
              .daemon()
              .stackSize(STACK)
              .name("http-busy-" + THREADS.incrementAndGet())
              .start(() -> silent.set(serveUntilSilence()));
      try {
        own.join();
      } catch (InterruptedException e) {
        own.interrupt();
        throw e;
      }
      return silent.get();
    } finally {
      place.release();
      closely = 0;
      in.throwWhenIdle(false);
      peer.timeLimit(0);
    }
  }

  /** Whether it ended with silence. */
  private boolean serveUntilSilence() {
    try {
      boolean again = true;
      while (again) {
        again = one();
      }
      return false;
    } catch (SocketInput.Silence e) {
      return true;
    }
  }

  /** Responds to the next request; returns false if it was the last. */
  private boolean one() {
    try {
      return isHeadRead() && isAnsweredForMore();
    } catch (UncheckedIOException e) {
      LOG.log(Level.DEBUG, "a connection has ended", e);
    } catch (AbortedResponseException e) {
      LOG.log(Level.DEBUG, "an answer broke off", e);
    }
    return false;
  }

  private boolean isHeadRead() {
    try {
      if (in.available() == 0 && !in.pull()) {
        return false;
      }
      peer.requestBegins();
      if (proxied) {
        proxied = false;
        ProxyHeader from = ProxyHeader.take(in);
        if (from != null) {
          client = new Http1Request.Client(from.source(), from.destination(), client.secure());
        }
      }
      return head.read(in);
    } catch (HttpException e) {
      refuse(e);
      return false;
    } finally {
      long now = System.nanoTime();
      closely = answered && now - lastNanos < CLOSELY_NANOS ? closely + 1 : 0;
      lastNanos = now;
    }
  }

  /** Responds to the request whose head was read; returns whether another one may follow. */
  private boolean isAnsweredForMore() {
    answer.next(head.method());
    boolean again =
        answers.answer(peer.begin(), new Http1Request(head, client, in, answer), answer);
    if (answer.isUpgraded()) { // its reader may still be at work until the socket is closed
      return false;
    }
    in.releaseBody();
    answered = true;
    lastNanos = System.nanoTime();
    return again;
  }

  /** Rejects bytes that are not a valid request; the rest of the connection cannot be parsed. */
  private void refuse(HttpException cause) {
    try (ConnectionTimeouts.Exchange exchange = peer.begin()) {
      exchange.bodyRead();
      exchange.writing();
      answer.next("");
      byte[] text = (cause.getMessage() + "\n").getBytes(StandardCharsets.UTF_8);
      answer.send(
          cause.status(),
          Map.of(
              "connection", List.of("close"), "content-type", List.of("text/plain; charset=utf-8")),
          text,
          text.length);
      exchange.written();
      exchange.closeWhileItSends();
    }
  }
}
