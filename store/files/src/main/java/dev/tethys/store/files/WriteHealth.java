package dev.tethys.store.files;

import dev.tethys.model.file.IoFailures;
import dev.tethys.model.storage.StoreHealth.Problem;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Counters and current failures of a store's writes. Thread-safe. */
public final class WriteHealth {
  /**
   * Time after which a failed append without another attempt is no longer a current problem: a
   * server that gets no requests while it is not ready must become ready again.
   */
  static final long APPEND_FAILURE_MILLIS = 60_000;

  /** Kinds of writes; the order is that of severity. */
  public enum Work {
    /** Data of senders into the write-ahead log. */
    APPEND("data is refused"),
    /** The log from the cache of the kernel to disk. */
    SYNC("the write-ahead log is not forced to disk"),
    /** Memory into blocks or parts. */
    FLUSH("data stays in memory and in the write-ahead log"),
    /** Retention, merges, checkpoints. */
    MAINTENANCE("old data is neither merged nor removed");

    private final String consequence;

    Work(String consequence) {
      this.consequence = consequence;
    }
  }

  private record Failure(String text, long since, long last) {}

  private final LongSupplier millis;
  private final LongAdder refused = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final AtomicReferenceArray<@Nullable Failure> failures =
      new AtomicReferenceArray<>(Work.values().length);

  /**
   * @param millis Unix time
   */
  public WriteHealth(LongSupplier millis) {
    this.millis = millis;
  }

  /** Counts an append that was rejected without a write. */
  public void refused() {
    refused.increment();
  }

  /** Counts a write that failed. */
  public void failed(Work work, Throwable cause) {
    failed.increment();
    String text = cause instanceof Exception e ? IoFailures.describe(e) : String.valueOf(cause);
    long now = millis.getAsLong();
    failures.updateAndGet(
        work.ordinal(), f -> new Failure(text, f == null ? now : Math.min(f.since, now), now));
  }

  /** Ends the current failure of a kind of writes. */
  public void succeeded(Work work) {
    if (failures.getPlain(work.ordinal()) != null) {
      failures.set(work.ordinal(), null);
    }
  }

  /** Appends rejected since startup. */
  public long refusedAppends() {
    return refused.sum();
  }

  /** Returns the number of failed writes since startup. */
  public long failedWrites() {
    return failed.sum();
  }

  /** Returns the most severe current failure. */
  public @Nullable Problem problem() {
    for (Work w : Work.values()) {
      Failure f = failures.get(w.ordinal());
      if (f == null) {
        continue;
      }
      if (w == Work.APPEND
          && Math.abs(millis.getAsLong() - f.last) > APPEND_FAILURE_MILLIS
          && failures.compareAndSet(w.ordinal(), f, null)) {
        continue;
      }
      return new Problem(w.consequence + ": " + f.text, f.since, w == Work.APPEND);
    }
    return null;
  }
}
