package dev.tethys.web.internal;

import java.util.function.LongSupplier;

/**
 * Budget of HTTP/2 frames that a peer may send without making a request or reading a response.
 * Headers, bodies and time pay for SETTINGS, PING, PRIORITY, CONTINUATION, empty DATA and unknown
 * frames; frames that we have sent, and time, for WINDOW_UPDATE; only time for RST_STREAM. Used by
 * the thread that reads the connection.
 */
public final class FrameBudget {
  /** Frames in one burst. */
  static final int BURST = 1000;

  /** Frames a second on top, for connections that live for days. */
  static final int PER_SECOND = 100;

  /**
   * Number of frames allowed for each HEADERS or DATA frame: gRPC peers probe the bandwidth with
   * PING.
   */
  private static final int PER_MESSAGE = 2;

  /** WINDOW_UPDATE frames that a frame sent to the peer pays for: two, from most peers. */
  private static final int PER_SENT = 4;

  private final LongSupplier nanos;
  private double control = BURST;
  private double updates = BURST;
  private long sentBefore;
  private double resets = BURST;
  private long since;

  /** Creates a full budget. */
  public FrameBudget(LongSupplier nanos) {
    this.nanos = nanos;
    this.since = nanos.getAsLong();
  }

  /** Records a frame with headers or a piece of a body. */
  public void paid() {
    control = Math.min(BURST, control + PER_MESSAGE);
  }

  /** Whether another frame that carries no message is within the allowance. */
  public boolean takesControl() {
    if (--control < 0) {
      refill();
    }
    return control >= 0;
  }

  /** Whether another reset of a stream is within the allowance. */
  public boolean takesReset() {
    if (--resets < 0) {
      refill();
    }
    return resets >= 0;
  }

  /**
   * Whether another update of a window is within the allowance.
   *
   * @param sent frames with headers or data that were sent to the peer since the connection started
   */
  public boolean takesWindowUpdate(long sent) {
    updates += PER_SENT * (sent - sentBefore) - 1;
    sentBefore = sent;
    if (updates < 0) {
      refill();
    }
    return updates >= 0;
  }

  private void refill() {
    long now = nanos.getAsLong();
    double more = (now - since) / 1e9 * PER_SECOND;
    since = now;
    control = Math.min(BURST, control + more);
    resets = Math.min(BURST, resets + more);
    if (updates < BURST) {
      updates = Math.min(BURST, updates + more);
    }
  }
}
