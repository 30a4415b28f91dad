package dev.tethys.web.client;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends an HTTP/2 connection of a client if the server stops reading or, if configured, stops
 * sending. Runs until the connection has ended.
 */
final class Keepalive implements Runnable {
  /** Time after which a peer that does not read is disconnected. */
  private static final long STALL_NANOS = 20_000_000_000L;

  private static final long TICK_NANOS = 1_000_000_000;

  private final Http2Connection connection;
  private final FrameWriter writer;
  private final Duration time;
  private final Duration timeout;
  private final boolean idle;

  /**
   * Creates a watch of one connection.
   *
   * @param time period of silence after which the server is pinged; zero for never
   * @param timeout timeout of the ping response
   * @param idle whether it is pinged while no call is in progress
   */
  Keepalive(
      Http2Connection connection,
      FrameWriter writer,
      Duration time,
      Duration timeout,
      boolean idle) {
    this.connection = connection;
    this.writer = writer;
    this.time = time;
    this.timeout = timeout;
    this.idle = idle;
  }

  @Override
  public void run() {
    long tick = time.isPositive() ? Math.min(TICK_NANOS, time.toNanos()) : TICK_NANOS;
    long asked = 0;
    boolean asking = false;
    while (true) {
      LockSupport.parkNanos(tick);
      if (!connection.isAlive()) {
        return;
      }
      boolean wanted = time.isPositive() && (idle || connection.hasCalls());
      long now = System.nanoTime();
      long began = writer.waitingSince();
      if (began != 0 && now - began > STALL_NANOS) {
        connection.fail(new IOException("the server stopped reading"));
        return;
      }
      long receivedAt = connection.receivedAt();
      if (asking && receivedAt - asked >= 0) {
        asking = false;
      }
      if (asking && now - asked > timeout.toNanos()) {
        connection.fail(
            new IOException("the server did not answer for " + timeout.toMillis() + " ms"));
        return;
      }
      if (wanted && !asking && now - receivedAt >= time.toNanos()) {
        asking = true;
        asked = now;
        try {
          writer.small(Http2.PING, 0, 0, new byte[8]);
        } catch (IOException e) {
          connection.fail(e);
          return;
        }
      }
    }
  }
}
