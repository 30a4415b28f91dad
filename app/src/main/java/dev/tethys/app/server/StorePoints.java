package dev.tethys.app.server;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SampleSink;
import dev.tethys.model.storage.StorageException;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.points.PointConsumer;
import dev.tethys.web.HttpRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes points into the store: each is accepted or rejected on its own, and acknowledged points
 * are durable.
 */
final class StorePoints implements PointConsumer {
  /** Maximum time by which a sample may be ahead of the clock, as for remote write. */
  private static final long MAX_AHEAD_MILLIS = Duration.ofMinutes(10).toMillis();

  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Supplier<SampleSink> store;
  private final InstantSource clock;

  StorePoints(Supplier<SampleSink> store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  @Override
  public Points open(long lane, Metadata metadata) {
    return new Batch(clock.millis() + MAX_AHEAD_MILLIS);
  }

  private final class Batch implements Points {
    private final long maxTime;
    private @Nullable Appender appender;
    private @Nullable StorageException failure;

    Batch(long maxTime) {
      this.maxTime = maxTime;
    }

    @Override
    public @Nullable String sample(Labels labels, long timestamp, double value) {
      if (failure != null) {
        return null; // all of it is to come again, which deliver says
      }
      if (timestamp > maxTime) {
        return "out of bounds: timestamp is too far in the future";
      }
      try {
        Appender a = appender;
        if (a == null) {
          appender = a = store.get().appender();
        }
        return switch (a.append(a.series(labels), 0, timestamp, value)) {
          case OK -> null;
          case UNKNOWN_SERIES -> "the series left the store while it was written to";
          case OUT_OF_ORDER -> "out of order sample";
          case TOO_OLD -> "too old sample";
          case OUT_OF_BOUNDS -> "out of bounds";
          case DUPLICATE_TIMESTAMP ->
              "duplicate sample for timestamp " + timestamp + "; overrides not allowed";
          case INVALID_HISTOGRAM -> "invalid histogram";
        };
      } catch (StorageException e) {
        if (e.reason() == StorageException.Reason.INVALID
            || e.reason() == StorageException.Reason.LIMIT) {
          return e.getMessage();
        }
        failure = e;
        return null;
      }
    }

    private Outcome commit() {
      try {
        if (failure == null && appender != null) {
          appender.commit();
        }
      } catch (StorageException e) {
        failure = e;
      }
      return failure == null
          ? Outcome.ACCEPTED
          : new Outcome.Unavailable(String.valueOf(failure.getMessage()), RETRY);
    }

    @Override
    public Outcome deliver(HttpRequest request) {
      return commit();
    }

    @Override
    public Outcome deliver(Duration timeLimit) {
      return commit();
    }

    @Override
    public void close() {
      if (appender != null) {
        appender.close();
      }
    }
  }
}
