package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.guard.TokenBucket;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Policies that keep a share of traces, or a limited amount per second. */
final class RateRules {
  /** Default salt of the Collector, hashed before the id. */
  private static final String DEFAULT_SALT = "default-hash-seed";

  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private static final Section SHARE =
      new Section("probabilistic", "Samples a percentage of traces.");
  private static final Key<String> SALT =
      SHARE.key(
          "hash_salt", Type.STRING, "", "Salt of the hash; equal for all collectors of one tier.");
  private static final Key<Double> PERCENTAGE =
      SHARE.key("sampling_percentage", Type.FLOAT, 0.0, "Percentage of traces to keep.");

  private static final Section SPANS =
      new Section("rate_limiting", "Samples traces up to a number of spans per second.");
  private static final Key<Long> SPANS_PER_SECOND =
      SPANS.required("spans_per_second", Type.INT, "Maximum number of spans per second.");
  private static final Key<Long> SPANS_BURST =
      SPANS.optional(
          "burst_capacity", Type.INT, "Maximum burst of spans; by default twice spans_per_second.");

  private static final Section BYTES =
      new Section("bytes_limiting", "Samples traces up to a number of bytes per second.");
  private static final Key<Long> BYTES_PER_SECOND =
      BYTES.required("bytes_per_second", Type.INT, "Maximum number of bytes per second.");
  private static final Key<Long> BYTES_BURST =
      BYTES.optional(
          "burst_capacity", Type.INT, "Maximum burst in bytes; by default twice bytes_per_second.");

  static final Type<SamplingPolicy> PROBABILISTIC =
      SHARE.type(
          o ->
              new Share(
                  o.get(SALT).isEmpty() ? DEFAULT_SALT : o.get(SALT), o.get(PERCENTAGE) / 100));
  static final Type<SamplingPolicy> RATE_LIMITING =
      SPANS.type(o -> limit(o, SPANS_PER_SECOND, SPANS_BURST, false));
  static final Type<SamplingPolicy> BYTES_LIMITING =
      BYTES.type(o -> limit(o, BYTES_PER_SECOND, BYTES_BURST, true));

  private RateRules() {}

  private static SamplingPolicy limit(
      YamlObject o, Key<Long> perSecond, Key<Long> burst, boolean ofBytes) {
    long rate = o.get(perSecond);
    if (rate < 0 || rate > Long.MAX_VALUE / 2) {
      throw o.error(perSecond, "must be at least 0");
    }
    @Nullable Long capacity = o.find(burst);
    if (capacity != null && capacity < 0) {
      throw o.error(burst, "must be at least 0");
    }
    // As elsewhere in the Collector's configurations 0 means not set.
    return new Limit(rate, capacity == null || capacity == 0 ? 2 * rate : capacity, ofBytes);
  }

  /** Returns the largest hash that is kept, as unsigned 64 bits. */
  static long threshold(double ratio) {
    if (!(ratio > 0)) {
      return 0;
    }
    if (ratio >= 1) {
      return -1;
    }
    // Product with 64 significant bits; the fraction is truncated.
    BigDecimal all = new BigDecimal(BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE));
    BigDecimal exact = all.multiply(new BigDecimal(ratio));
    int shift = 64 - exact.toBigInteger().bitLength();
    return exact
        .multiply(new BigDecimal(BigInteger.ONE.shiftLeft(shift)))
        .setScale(0, RoundingMode.HALF_EVEN)
        .toBigInteger()
        .shiftRight(shift)
        .longValue();
  }

  /** Computes the FNV-1a hash of a salt and an ID. */
  static long hash(String salt, TraceId id) {
    long h = FNV_OFFSET;
    for (byte b : salt.getBytes(StandardCharsets.UTF_8)) {
      h = (h ^ b & 0xff) * FNV_PRIME;
    }
    for (int i = 56; i >= 0; i -= 8) {
      h = (h ^ id.high() >>> i & 0xff) * FNV_PRIME;
    }
    for (int i = 56; i >= 0; i -= 8) {
      h = (h ^ id.low() >>> i & 0xff) * FNV_PRIME;
    }
    return h;
  }

  private record Share(String salt, double ratio) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      long threshold = threshold(ratio);
      return t -> Decision.of(Long.compareUnsigned(hash(salt, t.id()), threshold) <= 0);
    }
  }

  private record Limit(long perSecond, long burst, boolean ofBytes) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      TokenBucket bucket = TokenBucket.perSecond(perSecond, burst, tools.clock()::nanos);
      return t -> Decision.of(bucket.tryTake(ofBytes ? t.bytes() : t.spanCount()));
    }

    @Override
    public boolean isStateful() {
      return true;
    }
  }
}
