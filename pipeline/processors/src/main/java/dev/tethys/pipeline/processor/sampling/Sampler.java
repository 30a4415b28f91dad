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
import dev.tethys.pipeline.processor.Simple;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The {@code probabilistic_sampler} processor. An item has 56 bits of randomness, from its trace
 * id, from what its sender wrote down, or from a hash; it stays when these are not below the
 * threshold. Thresholds and randomness are written into {@code tracestate} of spans ({@code
 * ot=th:…;rv:…}) and into attributes of log records, as OpenTelemetry specifies.
 */
public final class Sampler {
  /** Why items are missing. */
  static final String SAMPLED_OUT = "sampled_out";

  private static final long RANDOM_BITS = (1L << 56) - 1;
  private static final long MAX_THRESHOLD = 1L << 56;

  /** The smallest probability that a threshold can say. */
  private static final double MIN_PROBABILITY = 0x1p-56;

  /** Buckets of hash_seed. */
  private static final int BUCKETS = 1 << 14;

  private enum Mode {
    HASH_SEED,
    PROPORTIONAL,
    EQUALIZING
  }

  private static final Section SECTION =
      new Section("probabilistic_sampler", "Keeps a share of spans or log records.");
  private static final Key<Mode> MODE =
      SECTION.optional(
          "mode",
          Type.lowerCase("mode", Mode.class),
          "proportional, equalizing or hash_seed; hash_seed when a seed is set or log records are"
              + " sampled by an attribute, else proportional.");
  private static final Key<Double> PERCENTAGE =
      SECTION.key("sampling_percentage", Type.FLOAT, 0.0, "How many of a hundred are kept.");
  private static final Key<Long> SEED =
      SECTION.key("hash_seed", Type.UINT, 0L, "Collectors of one tier must have the same.");
  private static final Key<Boolean> FAIL_CLOSED =
      SECTION.key("fail_closed", Type.BOOL, true, "Whether items without randomness are dropped.");
  private static final Key<Long> PRECISION =
      SECTION.key("sampling_precision", Type.INT, 4L, "Digits of written thresholds, 1 to 14.");
  private static final Key<String> SOURCE =
      SECTION.key("attribute_source", Type.STRING, "traceID", "traceID or record; log records.");
  private static final Key<String> FROM =
      SECTION.key("from_attribute", Type.STRING, "", "The attribute that is hashed; log records.");
  private static final Key<String> PRIORITY =
      SECTION.key(
          "sampling_priority",
          Type.STRING,
          "",
          "An attribute that holds a percentage of its own; log records.");

  private final Mode mode;
  private final double ratio;
  private final int seed;
  private final boolean failClosed;
  private final int precision;
  private final boolean byTraceId;
  private final String from;
  private final String priority;

  private Sampler(YamlObject o) {
    double percent = o.get(PERCENTAGE);
    if (!(percent >= 0) || Double.isInfinite(percent)) {
      throw o.error(PERCENTAGE, "is 0 or more");
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
    seed = (int) (long) o.get(SEED);
    Mode given = o.find(MODE);
    mode = given != null ? given : seed != 0 || !byTraceId ? Mode.HASH_SEED : Mode.PROPORTIONAL;
    ratio = Math.min(100, percent) / 100;
    failClosed = o.get(FAIL_CLOSED);
    precision = (int) p;
    from = o.get(FROM);
    priority = o.get(PRIORITY);
  }

  public static ProcessorFactory<Sampler> factory() {
    return new Simple<>(
        "probabilistic_sampler",
        List.of("probabilisticsampler"),
        "Keeps a share of spans or log records.",
        SECTION.type(Sampler::new),
        Set.of(Signal.TRACES, Signal.LOGS),
        SAMPLED_OUT,
        (s, _, _) -> (data, _) -> s.edit(data));
  }

  private boolean edit(Telemetry<?> data) {
    switch (data) {
      case TracesData t ->
          t.resources()
              .forEach(r -> r.scopes().forEach(s -> s.items().removeIf(x -> !keepSpan(x))));
      case LogsData l ->
          l.resources().forEach(r -> r.scopes().forEach(s -> s.items().removeIf(x -> !keepLog(x))));
      default -> throw new AssertionError();
    }
    return true;
  }

  /** The threshold of a probability: items whose randomness is below it go. */
  static long threshold(double probability, int precision) {
    if (probability >= 1) {
      return 0;
    }
    if (probability < MIN_PROBABILITY) {
      return MAX_THRESHOLD;
    }
    // Small probabilities get more digits: those of leading f carry nothing.
    int zeros = 0;
    double p = probability;
    while (p < 1.0 / 16) {
      p *= 16;
      zeros++;
    }
    int digits = Math.min(14, precision + zeros);
    long exact = MAX_THRESHOLD - Math.round(probability * MAX_THRESHOLD);
    int drop = 56 - 4 * digits;
    if (drop <= 0) {
      return Math.min(exact, RANDOM_BITS);
    }
    long rounded = (exact + (1L << drop - 1)) >> drop << drop;
    return Math.min(rounded, RANDOM_BITS >> drop << drop);
  }

  /** The threshold for an item with what it already has. */
  private long decide(long arriving, double probability) {
    if (probability <= 0) {
      return MAX_THRESHOLD;
    }
    return switch (mode) {
      case HASH_SEED -> {
        long kept = (long) (float) ((float) (100 * probability) * (float) (BUCKETS / 100.0));
        yield kept == 0 ? MAX_THRESHOLD : BUCKETS - kept << 42;
      }
      case EQUALIZING -> Math.max(0, threshold(probability, precision));
      case PROPORTIONAL -> {
        double incoming = arriving < 0 ? 1 : (double) (MAX_THRESHOLD - arriving) / MAX_THRESHOLD;
        double outgoing = incoming * probability;
        yield outgoing < MIN_PROBABILITY ? MAX_THRESHOLD : threshold(outgoing, precision);
      }
    };
  }

  private boolean keepSpan(Span s) {
    OtelTraceState state = OtelTraceState.parse(s.traceState());
    double probability = ratio;
    Object wish = s.attributes().get("sampling.priority");
    if (wish != null) {
      Double w = number(wish);
      if (w != null) {
        probability = w == 0 ? 0 : 1;
      }
    }
    long randomness;
    boolean writesRandomness = false;
    boolean error = false;
    if (mode == Mode.HASH_SEED) {
      ByteBuffer id = ByteBuffer.allocate(16).putLong(s.traceIdHigh()).putLong(s.traceIdLow());
      randomness = hashed(id.array());
      error = s.traceIdHigh() == 0 && s.traceIdLow() == 0;
      writesRandomness = state.randomness() < 0 && state.threshold() < 0;
    } else if (state.randomness() >= 0) {
      randomness = state.randomness();
    } else {
      randomness = s.traceIdLow() & RANDOM_BITS;
      error = s.traceIdHigh() == 0 && s.traceIdLow() == 0;
    }
    if (wish != null && probability == 1) {
      return true;
    }
    if (probability == 0) {
      return false;
    }
    long arriving = state.threshold();
    if (!error && mode != Mode.HASH_SEED && arriving >= 0 && randomness < arriving) {
      error = true;
      arriving = -1;
      state = state.withThreshold(-1);
      s.setTraceState(state.write());
    }
    if (error) {
      return !failClosed;
    }
    long threshold = decide(arriving, probability);
    if (threshold >= MAX_THRESHOLD || randomness < threshold) {
      return false;
    }
    OtelTraceState written = state;
    if (threshold > arriving && (mode != Mode.HASH_SEED || writesRandomness)) {
      written = written.withThreshold(threshold);
    }
    if (writesRandomness) {
      written = written.withRandomness(randomness);
    }
    if (written != state) {
      s.setTraceState(written.write());
    }
    return true;
  }

  private boolean keepLog(LogRecord l) {
    Attributes a = l.attributes();
    double probability = ratio;
    if (!priority.isEmpty()) {
      Double w = number(a.get(priority));
      if (w != null) {
        probability = Math.clamp(w, 0, 100) / 100;
      }
    }
    if (probability == 0) {
      return false;
    }
    long arriving = hex(a.get("sampling.threshold"), true);
    long given = hex(a.get("sampling.randomness"), false);
    long randomness = -1;
    boolean hashedNow = false;
    boolean traced = l.traceIdHigh() != 0 || l.traceIdLow() != 0;
    if (mode != Mode.HASH_SEED && given >= 0) {
      randomness = given;
    } else if (traced && (mode != Mode.HASH_SEED || byTraceId)) {
      if (mode == Mode.HASH_SEED) {
        ByteBuffer id = ByteBuffer.allocate(16).putLong(l.traceIdHigh()).putLong(l.traceIdLow());
        randomness = hashed(id.array());
        hashedNow = true;
      } else {
        randomness = l.traceIdLow() & RANDOM_BITS;
      }
    } else if (!from.isEmpty() && a.get(from) != null) {
      byte[] bytes =
          a.get(from) instanceof byte[] b
              ? b
              : ValueText.of(a.get(from)).getBytes(StandardCharsets.UTF_8);
      if (bytes.length > 0) {
        randomness = hashed(bytes);
        hashedNow = true;
      }
    }
    boolean error = randomness < 0;
    if (!error && mode != Mode.HASH_SEED && arriving >= 0 && randomness < arriving) {
      error = true;
      a.remove("sampling.threshold");
    }
    if (error) {
      return probability >= 1 || !failClosed;
    }
    long threshold = decide(mode == Mode.HASH_SEED ? -1 : arriving, probability);
    if (threshold >= MAX_THRESHOLD || randomness < threshold) {
      return false;
    }
    if (mode == Mode.HASH_SEED && (given >= 0 || arriving >= 0)) {
      return true; // another sampler's: left alone
    }
    if (threshold > arriving) {
      a.put("sampling.threshold", OtelTraceState.digits(threshold));
    }
    if (hashedNow && given < 0) {
      a.put("sampling.randomness", String.format(Locale.ROOT, "%014x", randomness));
    }
    return true;
  }

  private static @Nullable Double number(@Nullable Object v) {
    return switch (v) {
      case Long l -> (double) l;
      case Double d -> d;
      case String s -> GoFloatReader.read(s);
      case null, default -> null;
    };
  }

  private static long hex(@Nullable Object v, boolean padded) {
    if (!(v instanceof String s)) {
      return -1;
    }
    return padded ? OtelTraceState.threshold(s) : OtelTraceState.randomness(s);
  }

  /** FNV-1a of the seed and the bytes as randomness: its low 14 bits decide. */
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
