package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import dev.tethys.model.log.JulLogger;
import dev.tethys.pipeline.Consumer;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import jdk.jfr.FlightRecorder;

/**
 * Profiles of this process, sent to a consumer as service {@code tethys} every 30 s, the first ones
 * after 25 s: CPU, allocations, and waits for monitors. Most of the cost is reading a recording,
 * which does not depend on its length. Starting the recorder takes some tenths of a second of CPU,
 * so it starts after clients waiting for the server have received responses. If the recorder cannot
 * run, one message is logged and no profiles are sent.
 */
public final class SelfProfiler implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(SelfProfiler.class.getName());

  /** Not while the first requests after a start are answered. */
  static final Duration FIRST_ROUND = Duration.ofSeconds(15);

  private static final ProfilePoller.Schedule SCHEDULE =
      new ProfilePoller.Schedule(Duration.ofSeconds(30), FIRST_ROUND);

  private static final Duration FIRST_RECORDING = Duration.ofSeconds(10);

  private final ProfilePoller rounds;

  private SelfProfiler(ProfilePoller rounds) {
    this.rounds = rounds;
  }

  /** Starts profiling. */
  public static SelfProfiler start(Consumer to) {
    return start(to, SCHEDULE, FIRST_RECORDING);
  }

  static SelfProfiler start(Consumer to, ProfilePoller.Schedule schedule, Duration firstRecording) {
    ProfilePoller rounds = new ProfilePoller(new Source(firstRecording), schedule, to);
    try {
      rounds.start();
    } catch (IOException e) {
      throw new IllegalStateException(e); // the source opens nothing on start
    }
    return new SelfProfiler(rounds);
  }

  /** Source that starts the recorder in the first round. Used by one thread. */
  private static final class Source implements ProfilePoller.Source {
    private final OwnProfiles profiles = new OwnProfiles(true, false, true);
    private final Duration firstRecording;
    private boolean begun;
    private boolean failed;

    Source(Duration firstRecording) {
      this.firstRecording = firstRecording;
    }

    @Override
    public String name() {
      return "profiles of this process";
    }

    @Override
    public void gather(ProfilesWriter to) throws InterruptedException {
      if (failed) {
        return;
      }
      try {
        if (!FlightRecorder.isAvailable()) {
          throw new IOException("this Java runtime has no flight recorder");
        }
        if (!begun) {
          begun = true;
          profiles.open();
          Thread.sleep(firstRecording);
        }
        profiles.gather(to);
      } catch (IOException | RuntimeException e) { // for example, no folder for temporary files
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
