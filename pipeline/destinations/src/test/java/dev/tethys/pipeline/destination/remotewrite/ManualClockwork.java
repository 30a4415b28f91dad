package dev.tethys.pipeline.destination.remotewrite;

import dev.tethys.pipeline.Clockwork;
import java.time.Duration;

/** Time that stands still until the test moves it; nothing runs by itself. */
final class ManualClockwork implements Clockwork {
  long millis = 1_700_000_000_000L;

  @Override
  public long millis() {
    return millis;
  }

  @Override
  public long nanos() {
    return millis * 1_000_000;
  }

  @Override
  public void execute(String name, Runnable task) {
    task.run();
  }

  @Override
  public Timer schedule(Duration after, Runnable task) {
    return () -> {};
  }
}
