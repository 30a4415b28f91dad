package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;

/** Policy that samples traces with rare operations of a service. */
final class RareRules {
  private static final long MAX_OPERATIONS = 1_000_000;

  private static final Section SECTION =
      new Section("rare", "Samples traces with a span whose service and name are rare.");
  private static final Key<Long> TRACES =
      SECTION.key(
          "max_traces",
          Type.INT,
          10L,
          "Maximum number of traces of a rare operation in the window.");
  private static final Key<Duration> WINDOW =
      SECTION.key(
          "window",
          GoDurations.TYPE,
          Duration.ofMinutes(10),
          "Window over which operations are counted.");
  private static final Key<Long> OPERATIONS =
      SECTION.key(
          "max_operations",
          Type.INT,
          10_000L,
          "Maximum number of counted operations. A service has at most a tenth of them; its "
              + "remaining operations are counted as one.");

  static final Type<SamplingPolicy> TYPE = SECTION.type(RareRules::read);

  private RareRules() {}

  private static SamplingPolicy read(YamlObject o) {
    long traces = o.get(TRACES);
    if (traces < 1 || traces > Integer.MAX_VALUE) {
      throw o.error(TRACES, "max_traces is " + traces + "; it must be 1 to " + Integer.MAX_VALUE);
    }
    if (!isValid(o.get(WINDOW))) {
      throw o.error(WINDOW, windowProblem("window", o.get(WINDOW)));
    }
    long operations = o.get(OPERATIONS);
    if (operations < 10 || operations > MAX_OPERATIONS) {
      throw o.error(
          OPERATIONS, "max_operations is " + operations + "; it must be 10 to " + MAX_OPERATIONS);
    }
    return new Rare((int) traces, o.get(WINDOW), (int) operations);
  }

  static boolean isValid(Duration window) {
    return window.compareTo(Duration.ofSeconds(1)) >= 0
        && window.compareTo(Duration.ofDays(1)) <= 0;
  }

  static String windowProblem(String key, Duration window) {
    return key + " is " + window.toMillis() + "ms; it must be 1s to 24h";
  }

  private record Rare(int maxTraces, Duration window, int maxOperations) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      OperationCounts counts = new OperationCounts(window.toNanos(), maxOperations);
      return t -> Decision.of(counts.leastOf(t, tools.clock().nanos()) <= maxTraces);
    }

    @Override
    public boolean isStateful() {
      return true;
    }
  }
}
