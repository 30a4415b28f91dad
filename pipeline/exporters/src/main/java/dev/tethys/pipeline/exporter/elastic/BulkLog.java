package dev.tethys.pipeline.exporter.elastic;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Logs requests, responses and rejected documents as configured. */
final class BulkLog {
  /** Longest part of a body that is logged. */
  private static final int MAX_TOLD = 64 << 10;

  /**
   * Logging settings.
   *
   * @param failedEvery minimum interval between rejected documents; zero for all
   */
  record Rules(boolean requests, boolean answers, boolean failed, Duration failedEvery) {
    static final Rules NOTHING = new Rules(false, false, false, Duration.ZERO);
  }

  private final Rules rules;
  private final System.Logger log;
  private final LongSupplier nanos;
  private final AtomicLong next; // time from which a rejected document may be logged again

  /**
   * Creates a log.
   *
   * @param nanos a clock in nanoseconds
   */
  BulkLog(Rules rules, System.Logger log, LongSupplier nanos) {
    this.rules = rules;
    this.log = log;
    this.nanos = nanos;
    this.next = new AtomicLong(nanos.getAsLong());
    if (rules.requests || rules.answers || rules.failed) {
      log.log(
          Level.WARNING,
          "telemetry: documents are logged at the level DEBUG, including any sensitive data in"
              + " them");
    }
  }

  void request(LineRequestEncoder lines, EncodedRequest p) {
    if (!rules.requests || !log.isLoggable(Level.DEBUG)) {
      return;
    }
    try {
      log.log(Level.DEBUG, "request: {0}", shorten(lines.open(p).text()));
    } catch (CodecException e) {
      log.log(Level.DEBUG, "a request that cannot be read: {0}", e.getMessage());
    }
  }

  void answer(HttpEndpoint.Reply r) {
    if (rules.answers && log.isLoggable(Level.DEBUG)) {
      log.log(Level.DEBUG, "answer {0}: {1}", Integer.toString(r.status()), shorten(r.body()));
    }
  }

  /** Logs the action and document of a rejected row. */
  void refused(LineRequestEncoder.Opened request, int row, String reason) {
    if (!rules.failed || !log.isLoggable(Level.DEBUG)) {
      return;
    }
    long now = nanos.getAsLong();
    long due = next.get();
    if (now - due < 0 || !next.compareAndSet(due, now + rules.failedEvery.toNanos())) {
      return;
    }
    log.log(
        Level.DEBUG,
        "refused, {0}: {1}",
        reason,
        shorten(request.row(row).getBytes(StandardCharsets.UTF_8)));
  }

  private static String shorten(byte[] text) {
    int size = Math.min(text.length, MAX_TOLD);
    return new String(text, 0, size, StandardCharsets.UTF_8)
        + (size < text.length ? " … of " + text.length + " bytes" : "");
  }
}
