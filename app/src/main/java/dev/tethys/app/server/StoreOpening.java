package dev.tethys.app.server;

import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.DatabaseOptions;
import dev.tethys.store.metrics.MetricsDatabase;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Opens a store in parallel to the rest of the start: both take some tenths of a second after a
 * kill, on a core each. The caller takes ownership of the store, or closes this object.
 */
final class StoreOpening implements AutoCloseable {
  private @Nullable FutureTask<MetricsDatabase> task;

  /** Starts to open a store. */
  void begin(Path folder, DatabaseOptions options) {
    FutureTask<MetricsDatabase> t = new FutureTask<>(() -> MetricsDatabase.open(folder, options));
    task = t;
    Thread.ofPlatform().daemon().name("store-open").start(t);
  }

  /**
   * Waits for the store, which is then the caller's.
   *
   * @throws StorageException if it cannot be opened
   */
  MetricsDatabase take() {
    FutureTask<MetricsDatabase> t = task;
    if (t == null) {
      throw new IllegalStateException("nothing was started");
    }
    task = null;
    return result(t);
  }

  private static MetricsDatabase result(FutureTask<MetricsDatabase> t) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return t.get();
        } catch (InterruptedException e) {
          interrupted = true; // a store that is half open cannot be left
        } catch (ExecutionException e) {
          Throwable cause = e.getCause();
          if (cause instanceof Error error) {
            throw error;
          }
          throw cause instanceof RuntimeException r ? r : new IllegalStateException(cause);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Closes a store that no caller took, once it is open. */
  @Override
  public void close() {
    FutureTask<MetricsDatabase> t = task;
    task = null;
    if (t == null) {
      return;
    }
    try {
      result(t).close();
    } catch (StorageException e) {
      // the start has failed already, and says why
    }
  }
}
