package dev.tethys.pipeline.stages;

import java.time.Instant;
import java.util.concurrent.locks.LockSupport;

/** Time as stages use it, so that tests own it. */
public interface StageClock {
  /** Returns the wall clock in nanoseconds since 1970. */
  long now();

  /** Returns the monotonic clock in nanoseconds; only differences are meaningful. */
  long nanos();

  /** Sleeps; returns early if the thread is interrupted and leaves the interrupt flag set. */
  void sleep(long nanos);

  /** Returns the system's clocks. */
  static StageClock system() {
    return SystemClock.INSTANCE;
  }

  /** The system's clocks. */
  enum SystemClock implements StageClock {
    INSTANCE;

    @Override
    public long now() {
      Instant i = Instant.now();
      return i.getEpochSecond() * 1_000_000_000L + i.getNano();
    }

    @Override
    public long nanos() {
      return System.nanoTime();
    }

    @Override
    public void sleep(long nanos) {
      long until = nanos() + nanos;
      for (long remaining = nanos; remaining > 0 && !Thread.currentThread().isInterrupted(); ) {
        LockSupport.parkNanos(this, remaining);
        remaining = until - nanos();
      }
    }
  }
}
