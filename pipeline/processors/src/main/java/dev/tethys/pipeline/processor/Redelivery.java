package dev.tethys.pipeline.processor;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** Delivers batches that no sender can repeat. Each receives exactly one outcome. */
public final class Redelivery {
  private Redelivery() {}

  /**
   * Sends a batch unmodified, so that it can be sent again. An exception counts as unavailable.
   *
   * @param name name of the sending component, used in log lines
   * @param to receives the outcome once
   */
  public static void send(
      Consumer next, Batch batch, AckCallback to, String name, System.Logger log) {
    batch.share();
    AtomicBoolean logged = new AtomicBoolean();
    AckCallback ack =
        outcome -> {
          if (logged.compareAndSet(false, true)) {
            to.complete(outcome);
          }
        };
    try {
      next.consume(batch, ack);
    } catch (RuntimeException | Error e) {
      log.log(Level.ERROR, name + ": downstream consumer failed, retrying", e);
      ack.complete(new Outcome.Unavailable("failed: " + e, Duration.ZERO));
    }
  }
}
