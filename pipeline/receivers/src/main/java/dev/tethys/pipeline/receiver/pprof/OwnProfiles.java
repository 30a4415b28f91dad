package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.otlp.wire.ProfilesWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import org.jspecify.annotations.Nullable;

/**
 * Profiles of this process from JDK Flight Recorder: CPU profiles and, if requested, profiles of
 * monitor waits and parked threads.
 */
final class OwnProfiles implements ProfilePoller.Source {
  private static final int SAMPLES_A_SECOND = 50;
  private static final String ALLOCATIONS = "20/s";
  private static final long MAX_RECORDING_BYTES = 32L << 20;

  /** Shorter waits are not recorded: each costs a stack. */
  private static final Duration LEAST_WAIT = Duration.ofMillis(10);

  private final boolean monitors;
  private final boolean parked;
  private final boolean allocations;
  private @Nullable Recording recording;
  private long begun;

  /**
   * @param monitors whether waits for monitors are recorded
   * @param parked whether threads that are parked are
   * @param allocations whether samples of allocations are
   */
  OwnProfiles(boolean monitors, boolean parked, boolean allocations) {
    this.monitors = monitors;
    this.parked = parked;
    this.allocations = allocations;
  }

  @Override
  public String name() {
    return "profiles of this process";
  }

  @Override
  public void open() {
    Recording r = new Recording();
    r.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(1000 / SAMPLES_A_SECOND));
    if (monitors) {
      r.enable("jdk.JavaMonitorEnter").withThreshold(LEAST_WAIT).withStackTrace();
    }
    if (parked) {
      r.enable("jdk.ThreadPark").withThreshold(LEAST_WAIT).withStackTrace();
    }
    if (allocations) {
      r.enable("jdk.ObjectAllocationSample").with("throttle", ALLOCATIONS).withStackTrace();
    }
    r.setMaxSize(MAX_RECORDING_BYTES);
    r.start();
    recording = r;
    begun = System.currentTimeMillis();
  }

  @Override
  public void gather(ProfilesWriter to) throws IOException {
    Recording past = recording;
    long from = begun;
    open(); // the next starts before the last ends, so that nothing in between is lost
    if (past == null) {
      return;
    }
    long now = begun;
    try (past) {
      past.stop();
      Path file = Files.createTempFile("tethys-own-", ".jfr");
      try {
        past.dump(file);
        to.resource(Map.of("service.name", "tethys"));
        JfrProfiles.read(
            file,
            TimeUnit.MILLISECONDS.toNanos(from),
            TimeUnit.MILLISECONDS.toNanos(now - from),
            SAMPLES_A_SECOND,
            to);
      } finally {
        Files.deleteIfExists(file);
      }
    }
  }

  @Override
  public void close() {
    Recording r = recording;
    if (r != null) {
      recording = null;
      r.close();
    }
  }
}
