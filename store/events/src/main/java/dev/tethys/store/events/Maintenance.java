package dev.tethys.store.events;

import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;

/** Background loop of a store: writes sealed heads into parts, then runs due tasks. */
final class Maintenance<H extends EventHead<S>, S, P> implements Runnable {
  private static final System.Logger LOG = JulLogger.of(Maintenance.class.getName());
  private static final long PAUSE_NANOS = 5_000_000_000L;

  private final EventEngine<H, S, P> engine;

  Maintenance(EventEngine<H, S, P> engine) {
    this.engine = engine;
  }

  @Override
  public void run() {
    while (engine.awaitWork(PAUSE_NANOS)) {
      try {
        engine.maintain();
      } catch (IOException | RuntimeException | OutOfMemoryError e) {
        LOG.log(Level.ERROR, "Maintenance of the store failed, retrying in 5s", e);
      }
    }
  }
}
