package dev.tethys.pipeline.receiver.kubernetes;

import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.scraping.Rounds;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** Hands logs on, one batch after the other, each until it is taken or refused. */
public final class LogHandover {
  private static final System.Logger LOG = System.getLogger(LogHandover.class.getName());
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final String name;
  private final Consumer to;
  private final long lane;
  private final ResourceWatch.Pause pause;

  /**
   * @param name of the receiver, as logs have it
   * @param source where they come from: those of one keep their order
   */
  public LogHandover(String name, Consumer to, String source, ResourceWatch.Pause pause) {
    this.name = name;
    this.to = to;
    this.lane = (1L << 36) + source.hashCode();
    this.pause = pause;
  }

  /** Waits until they are taken or refused. */
  public void deliver(LogsData data) throws InterruptedException {
    Batch batch = Batch.of(Signal.LOGS, data, lane, Metadata.NONE);
    batch.share(); // it may have to come again as it is
    while (true) {
      switch (Rounds.settled(to, batch)) {
        case Outcome.Accepted _ -> {
          return;
        }
        case Outcome.Rejected r -> {
          LOG.log(Level.WARNING, "{0}: logs are refused: {1}", name, r.reason());
          return;
        }
        case Outcome.Unavailable u ->
            pause.pause(u.retryAfter().compareTo(RETRY) > 0 ? u.retryAfter() : RETRY);
      }
    }
  }
}
