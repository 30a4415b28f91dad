package dev.tethys.web.internal;

import java.util.function.LongSupplier;

/**
 * Budget of HTTP/2 frames that a peer may send without making a request or reading a response.
 * Headers, bodies and time pay for SETTINGS, PING, PRIORITY, CONTINUATION and unknown frames; only
 * time pays for RST_STREAM. Used by the thread that reads the connection.
 */
public final class FrameBudget {
  /** Frames in one burst. */
  static final int BURST = 1000;

  /** Frames a second on top, for connections that live for days. */
  static final int PER_SECOND = 100;

  /** Frames that a HEADERS or DATA frame pays for: gRPC's peers probe the bandwidth with PING. */
  private static final int PER_MESSAGE = 2;

  private final LongSupplier nanos;
  private double control = BURST;
  private double resets = BURST;
  private long since;

  /** A full allowance. */
  public FrameBudget(LongSupplier nanos) {
    this.nanos = nanos;
    this.since = nanos.getAsLong();
  }

  /** A frame with headers or a piece of a body came. */
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

  private void refill() {
    long now = nanos.getAsLong();
    double more = (now - since) / 1e9 * PER_SECOND;
    since = now;
    control = Math.min(BURST, control + more);
    resets = Math.min(BURST, resets + more);
  }
}
