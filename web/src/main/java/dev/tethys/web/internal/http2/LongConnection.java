package dev.tethys.web.internal.http2;

import dev.tethys.model.log.JulLogger;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.internal.Multiplexed;
import dev.tethys.web.internal.Peer;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Keepalive of an HTTP/2 connection: pings a silent client, and closes the connection of a client
 * that pings too often, as gRPC servers do. Two pings too many are accepted; a response in between
 * resets the count.
 */
final class LongConnection implements Multiplexed, ClientFrames.Listener {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  /** Ping interval allowed to a client that must not ping without a request, as in gRPC servers. */
  private static final long IDLE_PING_NANOS = 7_200_000_000_000L;

  private static final int MAX_STRIKES = 2;
  private static final int NO_ERROR = 0;
  private static final int ENHANCE_YOUR_CALM = 11;

  private final StreamLimitWriter out;
  private final Peer peer;
  private final StreamThreads threads;
  private final int maxInWork;
  private final long timeLimit;
  private final long headLimit;

  /** When headers began that are not complete; 0 if none. */
  private volatile long headersSince;

  private final long silence;
  private final long reply;
  private final long pingEvery;
  private final boolean pingIdle;
  private final LongSupplier nanos;
  private volatile long receivedAt;

  /** Whether its client knows its last request. */
  private volatile boolean over;

  private final AtomicInteger asks = new AtomicInteger();
  private final AtomicInteger replies = new AtomicInteger();

  /**
   * Number of ping replies after which the client knows of the shutdown: replies arrive in order.
   */
  private volatile int repliesOfEnd = Integer.MAX_VALUE;

  /** Time of the ping; used by the checking thread. */
  private long asked;

  private boolean asking;

  // Of the thread that reads.
  private long lastPing;
  private boolean pinged;
  private int strikes;

  LongConnection(
      StreamLimitWriter out,
      Peer peer,
      StreamThreads threads,
      HttpListenerOptions options,
      LongSupplier nanos) {
    this.out = out;
    this.peer = peer;
    this.threads = threads;
    this.maxInWork = Http2Engine.STREAMS_BORNE * options.http2().streams();
    this.timeLimit = options.readTimeout().toNanos();
    long head = options.connections().head().toNanos();
    this.headLimit = head == 0 ? timeLimit : Math.min(timeLimit, head);
    this.silence = options.connections().silence().toNanos();
    this.reply = options.connections().reply().toNanos();
    this.pingEvery = options.http2().pingEvery().toNanos();
    this.pingIdle = options.http2().pingIdle();
    this.nanos = nanos;
    this.receivedAt = nanos.getAsLong();
  }

  /** Data was received. */
  void onReceived() {
    peer.onReceived();
    if (silence > 0) {
      receivedAt = nanos.getAsLong();
    }
  }

  /** Ends the connection because of a violation by its client. */
  void refuse(ConnectionViolation v) {
    try {
      out.refuse(v.stream(), v.code(), String.valueOf(v.getMessage()));
    } catch (RuntimeException e) {
      LOG.log(Level.DEBUG, "Client closed the connection before the reason of its end was sent", e);
    }
  }

  @Override
  public void replied() {
    replies.incrementAndGet();
  }

  @Override
  public long answerFrames() {
    return out.answerFrames();
  }

  @Override
  public boolean hasAcknowledgedGoAway() {
    return replies.get() >= repliesOfEnd;
  }

  /** Whether frames are ignored from now on. */
  boolean isOver() {
    return over;
  }

  @Override
  public void headers(int stream) {
    // The engine forgets a stream that was reset, whose handler still works.
    if (peer.inWork() + threads.draining() > maxInWork) {
      throw ConnectionViolation.flood(
          "concurrent_streams", "more than " + maxInWork + " requests are in progress");
    }
    peer.arrives(stream);
    headersSince = nanos.getAsLong() | 1; // never 0
  }

  @Override
  public void headersEnded() {
    headersSince = 0;
  }

  @Override
  public void reset(int stream) {
    peer.reset(stream);
  }

  @Override
  public void pinged() {
    if (pingEvery == 0) {
      return;
    }
    long now = nanos.getAsLong();
    if (out.hasAnswered()) {
      strikes = 0;
    } else if (pinged
        && now - lastPing < (pingIdle || peer.isBusy() ? pingEvery : IDLE_PING_NANOS)) {
      strikes++;
    }
    pinged = true;
    lastPing = now;
    if (strikes > MAX_STRIKES) {
      out.goAway(Integer.MAX_VALUE, ENHANCE_YOUR_CALM, "too_many_pings");
      peer.close();
    }
  }

  @Override
  public void goAway(int lastStream) {
    over |= lastStream != Integer.MAX_VALUE;
    out.goAway(lastStream, NO_ERROR, "");
    if (over) {
      out.end();
    } else {
      repliesOfEnd = asks.incrementAndGet();
      out.ping();
    }
  }

  @Override
  public boolean hasBegun() {
    return out.hasBegun();
  }

  @Override
  public boolean isGone(long now) {
    long began = headersSince;
    if (out.isStuck(now, timeLimit)
        || threads.isLate(now)
        || began != 0 && now - began > headLimit) {
      return true;
    }
    if (silence == 0) {
      return false;
    }
    long since = receivedAt;
    if (asking && since - asked <= 0) {
      return now - asked > reply;
    }
    asking = now - since >= silence;
    if (asking) {
      asked = now;
      Thread.ofVirtual().start(this::ask);
    }
    return false;
  }

  private void ask() {
    try {
      asks.incrementAndGet();
      out.ping();
    } catch (RuntimeException e) {
      LOG.log(Level.DEBUG, "Client closed the connection before PING was sent", e);
    }
  }
}
