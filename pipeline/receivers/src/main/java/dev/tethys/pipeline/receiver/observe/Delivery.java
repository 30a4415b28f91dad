package dev.tethys.pipeline.receiver.observe;

import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.scraping.IntervalCollector;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Delivery of batches of a signal to a pipeline, one at a time.
 *
 * @param name receiver name used in log lines
 */
record Delivery(String name, String signal, Consumer to) {
  private static final System.Logger LOG = JulLogger.of(Delivery.class.getName());
  private static final Duration RETRY = Duration.ofSeconds(1);

  /** Offers a batch until the pipeline accepts it or rejects it permanently, which is logged. */
  void settle(Batch batch) throws InterruptedException {
    batch.share(); // it may be sent again unmodified
    while (true) {
      switch (IntervalCollector.settled(to, batch)) {
        case Outcome.Accepted _ -> {
          return;
        }
        case Outcome.Rejected r -> {
          LOG.log(
              Level.WARNING, "{0}: {1} rejected by the pipeline: {2}", name, signal, r.reason());
          return;
        }
        case Outcome.Unavailable u -> Thread.sleep(u.retryAfter(RETRY));
      }
    }
  }
}
