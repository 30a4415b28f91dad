package dev.tethys.pipeline.receiver.pprof;

import dev.tethys.codec.pprof.PprofWriter;
import dev.tethys.codec.pprof.PprofWriter.ValueType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** Converts recordings of the JDK's flight recorder of this process to pprof profiles. */
public enum FlightProfile {
  /** CPU samples. Types and period are those of Go's {@code runtime/pprof}. */
  CPU(
      "jdk.ExecutionSample",
      new ValueType("samples", "count"),
      new ValueType("cpu", "nanoseconds")) {
    @Override
    void enable(Recording r) {
      r.enable(event).withPeriod(Duration.ofNanos(PERIOD));
    }

    @Override
    long[] values(RecordedEvent e) {
      return new long[] {1, PERIOD};
    }

    @Override
    long period() {
      return PERIOD;
    }
  },

  /** Allocation samples: each represents all bytes since the last sample of its thread. */
  ALLOCS("jdk.ObjectAllocationSample", new ValueType("alloc_space", "bytes")) {
    @Override
    void enable(Recording r) {
      r.enable(event).with("throttle", "300/s").withStackTrace();
    }

    @Override
    long[] values(RecordedEvent e) {
      return new long[] {e.getLong("weight")};
    }
  },

  /** Waits of threads for a monitor. */
  MUTEX(
      "jdk.JavaMonitorEnter",
      new ValueType("contentions", "count"),
      new ValueType("delay", "nanoseconds")),

  /** Parked threads. */
  BLOCK(
      "jdk.ThreadPark",
      new ValueType("contentions", "count"),
      new ValueType("delay", "nanoseconds"));

  private static final long PERIOD = 20_000_000;
  private static final long MAX_RECORDING_BYTES = 64L << 20;

  /** Shorter waits are not recorded: each costs a stack. */
  private static final Duration LEAST_WAIT = Duration.ofMillis(10);

  final String event;
  private final ValueType[] types;

  FlightProfile(String event, ValueType... types) {
    this.event = event;
    this.types = types;
  }

  void enable(Recording r) {
    r.enable(event).withThreshold(LEAST_WAIT).withStackTrace();
  }

  long[] values(RecordedEvent e) {
    return new long[] {1, e.getDuration().toNanos()};
  }

  /** Returns the sampling period; 0 if every event is recorded. */
  long period() {
    return 0;
  }

  /**
   * Records.
   *
   * @param most maximum duration
   * @param end ends it before
   * @return a profile in gzip
   */
  public byte[] record(Duration most, CountDownLatch end) throws IOException, InterruptedException {
    Path file = Files.createTempFile("tethys-own-", ".jfr");
    try (Recording r = new Recording()) {
      enable(r);
      r.setMaxSize(MAX_RECORDING_BYTES);
      long from = System.currentTimeMillis();
      long begun = System.nanoTime();
      r.start();
      boolean early = end.await(most.toNanos(), TimeUnit.NANOSECONDS);
      r.stop();
      long took = early ? System.nanoTime() - begun : Math.max(most.toNanos(), 1);
      r.dump(file);
      return read(file, TimeUnit.MILLISECONDS.toNanos(from), took);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private byte[] read(Path file, long timeNanos, long durationNanos) throws IOException {
    PprofWriter w = new PprofWriter(types);
    try (RecordingFile events = new RecordingFile(file)) {
      while (events.hasMoreEvents()) {
        RecordedEvent e = events.readEvent();
        if (e.getEventType().getName().equals(event) && e.getStackTrace() != null) {
          w.add(JfrProfiles.frames(e.getStackTrace()), values(e));
        }
      }
    }
    return w.toGzip(timeNanos, durationNanos, types[types.length - 1], period());
  }
}
