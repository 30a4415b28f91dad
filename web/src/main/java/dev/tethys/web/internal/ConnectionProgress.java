package dev.tethys.web.internal;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/** Progress of one connection as its protocol reports it; sets the deadlines of the connection. */
final class ConnectionProgress implements Peer {
  private static final System.Logger LOG = JulLogger.of("dev.tethys.web");

  private final ConnectionTimeouts timeouts;

  /** Null if the connection has ended before it was served. */
  private final @Nullable ClientConnection c;

  ConnectionProgress(ConnectionTimeouts timeouts, @Nullable ClientConnection c) {
    this.timeouts = timeouts;
    this.c = c;
  }

  @Override
  public void requestBegins() {
    if (c != null) {
      long now = timeouts.now();
      c.requestBegan = now;
      c.since = now;
      c.deadline = timeouts.headDeadline(now);
    }
  }

  @Override
  public boolean isTimed() {
    return c != null && c.timed;
  }

  @Override
  public boolean isBusy() {
    return c != null && !c.inWork.isEmpty();
  }

  @Override
  public int inWork() {
    return c == null ? 0 : c.inWork.size();
  }

  @Override
  public void onReceived() {
    if (c != null
        && c.hasRested
        && timeouts.times().idle().isZero()
        && timeouts.times().manyRequests()
        && c.inWork.isEmpty()) {
      c.deadline = timeouts.idleDeadline(timeouts.now());
    }
  }

  @Override
  public void close() {
    if (c != null) {
      c.close();
    }
  }

  @Override
  public ConnectionTimeouts.Exchange begin() {
    return timeouts.begin(c, ConnectionTimeouts.NO_STREAM);
  }

  @Override
  public void timeLimit(int millis) {
    if (c != null) {
      try {
        c.socket.setSoTimeout(millis);
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "a connection has ended", e);
      }
    }
  }

  @Override
  public void arrives(int stream) {
    if (c != null) {
      c.arrives(stream);
    }
  }

  @Override
  public void reset(int stream) {
    if (c != null) {
      for (ConnectionTimeouts.Exchange e : c.inWork) {
        if (e.stream == stream) {
          e.clientGone();
        }
      }
    }
  }

  @Override
  public void multiplexed(Multiplexed whole) {
    if (c != null) {
      long now = timeouts.now();
      c.old = timeouts.old(now);
      c.multiplexed = whole;
      c.deadline = timeouts.idleDeadline(now);
    }
  }
}
