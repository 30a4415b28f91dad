package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Polls a source of profiles; rejected profiles are offered again in the next round, before the
 * source is polled.
 */
final class ProfilePoller implements AutoCloseable {
  /** Source of profiles. Used by one thread. */
  interface Source extends AutoCloseable {
    /** Returns the name used in logs. */
    String name();

    /** Starts the source with the receiver. */
    default void open() throws IOException {}

    /** Adds the profiles since the last poll, if any. */
    void gather(ProfilesWriter to) throws IOException, InterruptedException;

    @Override
    default void close() {}
  }

  /**
   * When rounds are.
   *
   * @param interval interval between the starts of two polls
   * @param first delay of the first poll after the start
   */
  record Schedule(Duration interval, Duration first) {
    /** The keys of the Collector's scrapers. */
    static final class Keys {
      private final Key<Duration> interval;
      private final Key<Duration> first;

      Keys(Section s) {
        interval =
            s.key(
                "collection_interval",
                Type.DURATION,
                Duration.ofMinutes(1),
                "Interval between collections.");
        first =
            s.key(
                "initial_delay",
                Type.DURATION,
                Duration.ofSeconds(1),
                "Delay before the first collection.");
      }

      Schedule read(YamlObject o) {
        if (!o.get(interval).isPositive()) {
          throw o.error(interval, "must be positive");
        }
        return new Schedule(o.get(interval), o.get(first));
      }
    }
  }

  private static final System.Logger LOG = JulLogger.of(ProfilePoller.class.getName());

  /**
   * Maximum wait for the thread on close. The flight recorder never returns from a start after the
   * Java runtime has begun to exit.
   */
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  private final Source source; // closed by the thread
  private final Schedule pace;
  private final Consumer to;
  private final Thread thread;
  private @Nullable Batch waiting; // of the thread

  ProfilePoller(Source source, Schedule pace, Consumer to) {
    this.source = source;
    this.pace = pace;
    this.to = to;
    thread =
        Thread.ofVirtual().name(source.name()).unstarted(SupervisedLoop.of("rounds", this::run));
  }

  void start() throws IOException {
    source.open();
    thread.start();
  }

  private void run() {
    try {
      Thread.sleep(pace.first);
      while (true) {
        long begun = System.nanoTime();
        round();
        Thread.sleep(
            Duration.ofNanos(Math.max(0, pace.interval.toNanos() - (System.nanoTime() - begun))));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      source.close();
    }
  }

  private void round() throws InterruptedException {
    try {
      if (waiting == null) {
        ProfilesWriter out = new ProfilesWriter();
        source.gather(out);
        if (out.samples() == 0) {
          return;
        }
        waiting =
            new Batch(
                Signal.PROFILES, Encoding.OTLP, out.toByteArray(), out.samples(), 0, Metadata.NONE);
      }
      if (arrives(waiting)) {
        waiting = null;
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "{0}: {1}", source.name(), e.getMessage());
    }
  }

  /** Whether it was accepted or must not be sent again. */
  private boolean arrives(Batch batch) throws InterruptedException {
    CompletableFuture<Outcome> settled = new CompletableFuture<>();
    batch.share(); // it may be sent again unmodified
    to.consume(batch, settled::complete);
    try {
      return switch (settled.get()) {
        case Outcome.Accepted _ -> true;
        case Outcome.Rejected r -> {
          LOG.log(Level.WARNING, "{0}: profiles are refused: {1}", source.name(), r.reason());
          yield true;
        }
        case Outcome.Unavailable u -> {
          LOG.log(
              Level.WARNING,
              "{0}: profiles are currently not accepted: {1}",
              source.name(),
              u.reason());
          yield false;
        }
      };
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // it is completed with outcomes only
    }
  }

  /** Ends polling. A round that does not end within two seconds is abandoned. */
  @Override
  public void close() {
    if (thread.getState() == Thread.State.NEW) {
      source.close();
      return;
    }
    thread.interrupt();
    try {
      if (!thread.join(CLOSE_LIMIT)) {
        LOG.log(
            Level.WARNING,
            "{0}: Round did not end, abandoned waited={1}s",
            source.name(),
            CLOSE_LIMIT.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
