package dev.tethys.pipeline.processor.sampling;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoFloatReader;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ottl.ValueText;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The {@code probabilistic_sampler} processor. An item has 56 bits of randomness, from its trace
 * id, from an explicit value, or from a hash, and is kept if they are not below the threshold.
 * Thresholds and randomness are written to {@code tracestate} of spans ({@code ot=th:…;rv:…}) and
 * to attributes of log records, as specified by OpenTelemetry.
 */
public final class Sampler {
  /** Reason for removed items. */
  static final String SAMPLED_OUT = "sampled_out";

  private static final String THRESHOLD = "sampling.threshold";
  private static final String RANDOMNESS = "sampling.randomness";

  private static final long RANDOM_BITS = (1L << 56) - 1;

  /** No randomness: the item has nothing to sample by. */
  private static final long MISSING = -1;

  // Policies that decided on an item, named as in the Collector's metrics.
  /** Policy of items without randomness. */
  public static final String NO_RANDOMNESS = "missing_randomness";

  private static final String OWN_RANDOMNESS = "sampling_randomness";
  private static final String TRACE_ID_HASH = "trace_id_hash";
  private static final String TRACE_ID = "trace_id_w3c";
  private static final String BY_PRIORITY = "sampling_priority";

  /** Buckets of hash_seed. */
  private static final int BUCKETS = 1 << 14;

  private enum Mode {
    HASH_SEED,
    PROPORTIONAL,
    EQUALIZING
  }

  private static final Section SECTION =
      new Section("probabilistic_sampler", "Samples a percentage of spans or log records.");
  private static final Key<Mode> MODE =
      SECTION.key(
          "mode",
          Type.lowerCase("mode", Mode.class),
          Mode.HASH_SEED,
          "Sampling mode: hash_seed, proportional or equalizing.");
  private static final Key<Double> PERCENTAGE =
      SECTION.key("sampling_percentage", Type.FLOAT, 0.0, "Percentage of items to keep.");
  private static final Key<Long> SEED =
      SECTION.key(
          "hash_seed", Type.UINT, 0L, "Seed of the hash; equal for all collectors of one tier.");
  private static final Key<Boolean> FAIL_CLOSED =
      SECTION.key("fail_closed", Type.BOOL, true, "If true, items without randomness are dropped.");
  private static final Key<Long> PRECISION =
      SECTION.key(
          "sampling_precision",
          Type.INT,
          4L,
          "Number of hexadecimal digits of the sampling threshold, 1 to 14.");
  private static final Key<String> SOURCE =
      SECTION.key(
          "attribute_source",
          Type.STRING,
          "traceID",
          "Source of randomness: traceID or record; log records only.");
  private static final Key<String> FROM =
      SECTION.key("from_attribute", Type.STRING, "", "Attribute that is hashed; log records only.");
  private static final Key<String> PRIORITY =
      SECTION.key(
          "sampling_priority",
          Type.STRING,
          "",
          "Attribute with a sampling percentage for its record; log records only.");

  private final Mode mode;
  private final double ratio;

  /** Threshold of modes in which it does not depend on the arriving item. */
  private final long fixed;

  /** Whether only items with their own sampling priority are kept. */
  private final boolean never;

  private final int seed;
  private final boolean failClosed;
  private final int precision;
  private final boolean byTraceId;
  private final String from;
  private final String priority;

  /**
   * Randomness for items without any, not below their arriving threshold; null if such items count
   * as failed.
   */
  private final @Nullable LongUnaryOperator ownRandomness;

  private Sampler(YamlObject o) {
    // A float, as in the Collector: the encoded threshold depends on its bits.
    float percent = (float) (double) o.get(PERCENTAGE);
    if (!(percent >= 0) || Float.isInfinite(percent)) {
      throw o.error(PERCENTAGE, "must be at least 0");
    }
    if (percent > 0 && (double) percent / 100 < Threshold.MIN_PROBABILITY) {
      throw o.error(PERCENTAGE, "is too small; it must be 0 or at least one item in 2^56");
    }
    long p = o.get(PRECISION);
    if (p < 1 || p > 14) {
      throw o.error(PRECISION, "is 1 to 14");
    }
    String source = o.get(SOURCE);
    if (!source.equals("traceID") && !source.equals("record")) {
      throw o.error(SOURCE, "is traceID or record");
    }
    byTraceId = source.equals("traceID");
    if (!byTraceId && o.get(FROM).isEmpty()) {
      throw o.error(FROM, "is needed when attribute_source is record");
    }
    long s = o.get(SEED);
    if (s > 0xffff_ffffL) {
      throw o.error(SEED, "is at most 4294967295");
    }
    seed = (int) s;
    mode = o.get(MODE);
    percent = Math.min(100, percent);
    ratio = (double) percent / 100;
    failClosed = o.get(FAIL_CLOSED);
    precision = (int) p;
    if (mode == Mode.HASH_SEED) {
      long kept = (long) (percent * (float) (BUCKETS / 100.0));
      fixed = kept == 0 ? Threshold.NEVER : BUCKETS - kept << 42;
    } else {
      fixed = Threshold.of(ratio, precision);
    }
    never = fixed == Threshold.NEVER;
    from = o.get(FROM);
    priority = o.get(PRIORITY);
    ownRandomness = null;
  }

  /** Creates the sampler of {@link #proportional}. */
  private Sampler(double ratio, RandomGenerator random) {
    this.ratio = ratio;
    mode = Mode.PROPORTIONAL;
    precision = 4;
    fixed = Threshold.of(ratio, precision);
    never = fixed == Threshold.NEVER;
    seed = 0;
    failClosed = false;
    byTraceId = true;
    from = "";
    priority = "";
    ownRandomness =
        arriving -> {
          long least = Math.max(0, arriving);
          return least >= Threshold.NEVER ? RANDOM_BITS : random.nextLong(least, Threshold.NEVER);
        };
  }

  /**
   * Creates a sampler that keeps a share of the items in the mode {@code proportional}. Items
   * without randomness are sampled by a random number. Items with an unreadable sampling state are
   * kept, because counts of the remaining items would be wrong otherwise.
   *
   * @param share share of items to keep, greater than 0 and at most 1
   * @param random safe for the threads that sample
   */
  public static Sampler proportional(double share, RandomGenerator random) {
    return new Sampler(share, random);
  }

  /** Samples a span and records the probability in its trace state; returns whether it is kept. */
  public boolean keep(Span s) {
    return keepSpan(s, (_, kept) -> kept);
  }

  /**
   * Samples a log record and records the probability in its attributes; returns whether it is kept.
   */
  public boolean keep(LogRecord l) {
    return keepLog(l, (_, kept) -> kept);
  }

  /** Counter of decisions. */
  interface Decisions {
    /** Counts an item; returns whether it is kept. */
    boolean count(String policy, boolean sampled);
  }

  public static ProcessorFactory<Sampler> factory() {
    return new TreeEditorFactory<>(
        "probabilistic_sampler",
        List.of("probabilisticsampler"),
        "Keeps a share of spans or log records.",
        SECTION.type(Sampler::new),
        Set.of(Signal.TRACES, Signal.LOGS),
        SAMPLED_OUT,
        (s, signal, context) -> {
          SamplerMetrics metrics =
              new SamplerMetrics(context.metrics(), context.id().toString(), signal);
          return (data, _) -> s.edit(data, metrics.tally());
        });
  }

  private boolean edit(Telemetry<?> data, SamplerMetrics.Tally tally) {
    switch (data) {
      case TracesData t ->
          t.resources()
              .forEach(r -> r.scopes().forEach(s -> s.items().removeIf(x -> !keepSpan(x, tally))));
      case LogsData l ->
          l.resources()
              .forEach(r -> r.scopes().forEach(s -> s.items().removeIf(x -> !keepLog(x, tally))));
      default -> throw new AssertionError();
    }
    tally.done();
    return true;
  }

  /** Returns the threshold for an item that arrived with one, or with none (-1). */
  private long decide(long arriving) {
    return switch (mode) {
      case HASH_SEED, EQUALIZING -> Math.max(fixed, arriving);
      case PROPORTIONAL -> {
        double incoming = arriving < 0 ? 1 : Threshold.probability(arriving);
        yield Threshold.of(incoming * ratio, precision);
      }
    };
  }

  private boolean keepSpan(Span s, Decisions tally) {
    boolean traced = s.traceIdHigh() != 0 || s.traceIdLow() != 0;
    OtelTraceState state = OtelTraceState.parse(s.traceState());
    boolean failed = state == null;
    long randomness = MISSING;
    String policy = NO_RANDOMNESS;
    if (traced) {
      randomness = ofTrace(s.traceIdHigh(), s.traceIdLow());
      policy = mode == Mode.HASH_SEED ? TRACE_ID_HASH : TRACE_ID;
    }
    if (state != null && mode == Mode.HASH_SEED && !never) {
      // Another sampler's: this one must not overwrite it, nor be consistent with it.
      failed = state.randomnessBits() >= 0 || state.thresholdBits() >= 0;
      state = failed ? null : state.withRandomness(randomness < 0 ? RANDOM_BITS : randomness);
    } else if (state != null && state.randomnessBits() >= 0) {
      randomness = state.randomnessBits();
      policy = OWN_RANDOMNESS;
    }
    if (randomness < 0 && !failed && ownRandomness != null) {
      randomness = ownRandomness.applyAsLong(state == null ? -1 : state.thresholdBits());
    }
    if (!failed && !never) {
      failed = randomness < 0;
      if (state != null && !failed && randomness < state.thresholdBits()) {
        failed = true;
        state = state.withoutThreshold();
      }
    }
    long threshold = failed ? ofFailed() : decide(state == null ? -1 : state.thresholdBits());
    double ratio = spanPriority(s);
    if (ratio >= 0) {
      threshold = ratio == 0 ? Threshold.NEVER : Threshold.ALWAYS;
      policy = BY_PRIORITY;
    }
    if (!tally.count(policy, threshold <= (randomness < 0 ? RANDOM_BITS : randomness))) {
      return false;
    }
    if (state != null) {
      boolean lowers = threshold < state.thresholdBits();
      s.setTraceState((lowers ? state : state.withThreshold(threshold)).write());
    }
    return true;
  }

  /** Returns the value of OpenTracing's {@code sampling.priority}; NaN if missing. */
  private static double spanPriority(Span s) {
    return switch (s.attributes().get("sampling.priority")) {
      case Long l -> l;
      case Double d -> d;
      case String text -> {
        Double d = GoFloatReader.read(text);
        yield d == null ? Double.NaN : d;
      }
      case null, default -> Double.NaN;
    };
  }

  private boolean keepLog(LogRecord l, Decisions tally) {
    Attributes a = l.attributes();
    String threshold = text(a, THRESHOLD);
    String given = text(a, RANDOMNESS);
    long arriving = OtelTraceState.threshold(threshold);
    long randomness = mode == Mode.HASH_SEED && !never ? MISSING : OtelTraceState.randomness(given);
    boolean failed =
        arriving < 0 && !threshold.isEmpty()
            || !given.isEmpty() && OtelTraceState.randomness(given) < 0;
    boolean writes = !failed;
    boolean hashed = false;
    String policy = randomness < 0 ? NO_RANDOMNESS : OWN_RANDOMNESS;
    boolean traced = l.traceIdHigh() != 0 || l.traceIdLow() != 0;
    if (randomness < 0 && traced && (byTraceId || mode != Mode.HASH_SEED)) {
      randomness = ofTrace(l.traceIdHigh(), l.traceIdLow());
      hashed = mode == Mode.HASH_SEED;
      policy = hashed ? TRACE_ID_HASH : TRACE_ID;
    }
    if (randomness < 0 && !from.isEmpty()) {
      byte[] bytes = bytes(a.get(from));
      if (bytes.length > 0) {
        randomness = hashed(bytes);
        hashed = true;
        policy = from;
      }
    }
    if (mode == Mode.HASH_SEED && !never && !(threshold + given).isEmpty()) {
      failed = true; // another sampler's, as with spans
      writes = false;
    }
    if (randomness < 0 && !failed && ownRandomness != null) {
      randomness = ownRandomness.applyAsLong(arriving);
    }
    if (!failed && !never) {
      failed = randomness < 0;
      if (!failed && randomness < arriving) {
        failed = true;
        a.remove(THRESHOLD);
        arriving = -1;
      }
    }
    long decided = failed ? ofFailed() : decide(arriving);
    double ratio = priority.isEmpty() ? Double.NaN : logPriority(a.get(priority));
    if (ratio >= 0) {
      decided = Threshold.of(ratio / 100, precision);
      policy = BY_PRIORITY;
    }
    if (!tally.count(policy, decided <= (randomness < 0 ? RANDOM_BITS : randomness))) {
      return false;
    }
    if (writes) {
      if (hashed && given.isEmpty()) {
        a.put(RANDOMNESS, OtelTraceState.allDigits(randomness));
      }
      if (decided >= arriving) {
        a.put(THRESHOLD, OtelTraceState.digits(decided));
      }
    }
    return true;
  }

  private long ofFailed() {
    return failClosed ? Threshold.NEVER : Threshold.ALWAYS;
  }

  private long ofTrace(long high, long low) {
    return mode == Mode.HASH_SEED
        ? hashed(ByteBuffer.allocate(16).putLong(high).putLong(low).array())
        : low & RANDOM_BITS;
  }

  /** Reads a percentage; only numbers count, as in the Collector; NaN for anything else. */
  private static double logPriority(@Nullable Object v) {
    return switch (v) {
      case Long l -> l;
      case Double d -> d;
      case null, default -> Double.NaN;
    };
  }

  private static String text(Attributes a, String key) {
    return a.get(key) instanceof String s ? s : "";
  }

  private static byte[] bytes(@Nullable Object v) {
    return switch (v) {
      case null -> new byte[0];
      case byte[] b -> b;
      default -> ValueText.of(v).getBytes(StandardCharsets.UTF_8);
    };
  }

  /** Uses FNV-1a of the seed and the bytes as randomness: its low 14 bits decide. */
  private long hashed(byte[] bytes) {
    int h = 0x811c9dc5;
    for (int i = 0; i < 4; i++) {
      h = (h ^ seed >>> 8 * i & 0xff) * 0x01000193;
    }
    for (byte b : bytes) {
      h = (h ^ b & 0xff) * 0x01000193;
    }
    long low = h & BUCKETS - 1;
    long unused = Integer.toUnsignedLong(h) >>> 18;
    long mixed = unused ^ unused << 10;
    return (BUCKETS - 1 - low) << 42 | (mixed & 0xfffffffL) << 14 | low;
  }
}
