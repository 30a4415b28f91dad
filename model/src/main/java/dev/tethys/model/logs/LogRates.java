package dev.tethys.model.logs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.Labels;
import dev.tethys.model.guard.TokenBucket;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits the bytes of log entries that a tenant, and one of its streams, may append a second, as
 * Loki does. A batch is accepted or rejected as a whole, so that a retried batch is not stored
 * twice. Thread-safe.
 */
public final class LogRates {
  /** Reason under which entries above the tenant's rate are counted, as in Loki. */
  static final String RATE_LIMITED = "rate_limited";

  /** Reason under which entries above the stream's rate are counted, as in Loki. */
  static final String STREAM_RATE_LIMITED = "per_stream_rate_limit";

  private static final int MAX_TENANTS = 10_000;
  private static final int MAX_STREAMS = 100_000;

  /**
   * Rate of a tenant or of one of its streams.
   *
   * @param bytes bytes per second; {@code ingestion_rate_mb}, {@code per_stream_rate_limit}
   * @param burst maximum burst in bytes, {@code ingestion_burst_size_mb}, {@code
   *     per_stream_rate_limit_burst}
   */
  public record Rate(double bytes, double burst) {}

  /**
   * Rates of a tenant, null for no limit.
   *
   * @param all rate over all streams of the tenant
   * @param stream rate of each stream
   */
  public record Rates(@Nullable Rate all, @Nullable Rate stream) {
    /** No limits. */
    public static final Rates NONE = new Rates(null, null);
  }

  /**
   * Rejection of a batch.
   *
   * @param reason reason under which the rejected entries are counted
   * @param stream index of the stream that is too fast, -1 if it is the tenant
   */
  record Refusal(String reason, int stream, StorageException error) {}

  private record StreamKey(String tenant, Labels stream) {}

  /** Buckets by key; that of the key that has not appended for longest is forgotten. */
  private final class Buckets<K> {
    private record Limiter(Rate rate, TokenBucket bucket) {}

    private final int most;

    @GuardedBy("this")
    private final Map<K, Limiter> limiters = // least recently used first
        new LinkedHashMap<>(16, 0.75f, true);

    Buckets(int most) {
      this.most = most;
    }

    synchronized TokenBucket get(K key, Rate rate) {
      Limiter l = limiters.get(key);
      if (l == null || !l.rate.equals(rate)) {
        l = new Limiter(rate, TokenBucket.perSecond(rate.bytes, rate.burst, nanos));
        limiters.put(key, l);
        if (limiters.size() > most) {
          limiters.remove(limiters.keySet().iterator().next());
        }
      }
      return l.bucket;
    }
  }

  private final Function<String, Rates> rates;
  private final LongSupplier nanos;
  private final Buckets<String> tenants = new Buckets<>(MAX_TENANTS);
  private final Buckets<StreamKey> streams = new Buckets<>(MAX_STREAMS);

  /**
   * @param rates rates by tenant
   * @param nanos monotonic clock
   */
  public LogRates(Function<String, Rates> rates, LongSupplier nanos) {
    this.rates = rates;
    this.nanos = nanos;
  }

  /**
   * Consumes the bytes of a batch; a batch larger than a burst is accepted when the full burst is
   * available.
   *
   * @return the reason of a rejection, null if it is accepted
   */
  @Nullable Refusal refusal(String tenant, LogBatch batch) {
    Rates r = rates.apply(tenant);
    if (r.stream == null) {
      return tenantRefusal(tenant, batch, r.all);
    }
    long[] sizes = batch.streamSizes();
    @Nullable TokenBucket[] taken = new TokenBucket[sizes.length];
    for (int i = 0; i < taken.length; i++) {
      TokenBucket bucket = streams.get(new StreamKey(tenant, batch.streams.get(i)), r.stream);
      if (!bucket.tryTakeLarge(sizes[i])) {
        refund(taken, sizes);
        return new Refusal(STREAM_RATE_LIMITED, i, streamTooFast(batch, i, sizes[i], r.stream));
      }
      taken[i] = bucket;
    }
    Refusal tooFast = tenantRefusal(tenant, batch, r.all);
    if (tooFast != null) {
      refund(taken, sizes);
    }
    return tooFast;
  }

  private @Nullable Refusal tenantRefusal(String tenant, LogBatch batch, @Nullable Rate rate) {
    if (rate == null || tenants.get(tenant, rate).tryTakeLarge(batch.size)) {
      return null;
    }
    return new Refusal(RATE_LIMITED, -1, tenantTooFast(tenant, batch, rate));
  }

  private static void refund(@Nullable TokenBucket[] taken, long[] sizes) {
    for (int i = 0; i < taken.length; i++) {
      TokenBucket bucket = taken[i];
      if (bucket != null) {
        bucket.refund(sizes[i]);
      }
    }
  }

  private static StorageException tenantTooFast(String tenant, LogBatch batch, Rate rate) {
    return new StorageException(
        Reason.LIMIT,
        "ingestion rate limit exceeded for user "
            + tenant
            + " (limit: "
            + (long) rate.bytes
            + " bytes/sec) while attempting to ingest '"
            + batch.rows
            + "' lines totaling '"
            + batch.size
            + "' bytes; send it again later, reduce log volume or raise ingestion_rate_mb");
  }

  private static StorageException streamTooFast(LogBatch batch, int stream, long size, Rate rate) {
    return new StorageException(
        Reason.LIMIT,
        "Per stream rate limit exceeded (limit: "
            + (long) rate.bytes
            + " bytes/sec) while attempting to ingest for stream '"
            + LogIngester.shortText(batch.streams.get(stream))
            + "' totaling "
            + size
            + " bytes; send it again later, split the stream by another label or raise"
            + " per_stream_rate_limit");
  }
}
