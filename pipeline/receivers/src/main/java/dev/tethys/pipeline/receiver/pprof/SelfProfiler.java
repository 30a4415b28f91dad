package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.pipeline.Consumer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import jdk.jfr.FlightRecorder;

/**
 * Profiles of this process, sent to a consumer as service {@code tethys} every 15 s: CPU,
 * allocations, and waits for monitors. The recorder starts after the process is ready. If it cannot
 * run, one message is logged and no profiles are sent.
 */
public final class SelfProfiler implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(SelfProfiler.class.getName());
  private static final Rounds.Schedule SCHEDULE =
      new Rounds.Schedule(Duration.ofSeconds(15), Duration.ofSeconds(2));

  private final Rounds rounds;

  private SelfProfiler(Rounds rounds) {
    this.rounds = rounds;
  }

  /** Starts profiling. */
  public static SelfProfiler start(Consumer to) {
    return start(to, SCHEDULE);
  }

  static SelfProfiler start(Consumer to, Rounds.Schedule schedule) {
    Rounds rounds = new Rounds(new Source(), schedule, to);
    try {
      rounds.start();
    } catch (IOException e) {
      throw new IllegalStateException(e); // the source opens nothing at its start
    }
    return new SelfProfiler(rounds);
  }

  /** Source that starts the recorder in the first round. Used by one thread. */
  private static final class Source implements Rounds.Source {
    private final OwnProfiles profiles = new OwnProfiles(true, false, true);
    private boolean failed;

    @Override
    public String name() {
      return "profiles of this process";
    }

    @Override
    public void gather(ProfilesWriter to) {
      if (failed) {
        return;
      }
      try {
        if (!FlightRecorder.isAvailable()) {
          throw new IOException("this Java runtime has no flight recorder");
        }
        profiles.gather(to);
      } catch (IOException | RuntimeException e) { // such as no folder for temporary files
        failed = true;
        profiles.close();
        LOG.log(
            Level.WARNING, "profiling of this process was switched off, error={0}", e.getMessage());
      }
    }

    @Override
    public void close() {
      profiles.close();
    }
  }

  @Override
  public void close() {
    rounds.close();
  }
}
