package dev.tethys.model.logs;

import dev.tethys.model.guard.TokenBucket;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StorageException.Reason;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits the bytes of log entries that a tenant may append a second, as Loki's distributor does. A
 * batch is taken or refused as a whole, so that one that is sent again is not stored twice. Safe
 * for several threads.
 */
public final class LogRates {
  /** Reason under which refused entries are counted, as in Loki. */
  static final String REASON = "rate_limited";

  /** Tenants with a bucket; that of the tenant that has not appended for longest is forgotten. */
  private static final int MAX_TENANTS = 10_000;

  /**
   * Rate of a tenant.
   *
   * @param bytes per second, {@code ingestion_rate_mb}
   * @param burst most bytes at once, {@code ingestion_burst_size_mb}
   */
  public record Rate(double bytes, double burst) {}

  private record Limiter(Rate rate, TokenBucket bucket) {}

  private final Function<String, @Nullable Rate> rates;
  private final LongSupplier nanos;
  private final Map<String, Limiter> limiters = // guarded by this, least recently used first
      new LinkedHashMap<>(16, 0.75f, true);

  /**
   * @param rates by tenant, null for no limit
   * @param nanos clock that never goes back
   */
  public LogRates(Function<String, @Nullable Rate> rates, LongSupplier nanos) {
    this.rates = rates;
    this.nanos = nanos;
  }

  /** No limits. */
  public static LogRates unlimited() {
    return new LogRates(tenant -> null, () -> 0);
  }

  /**
   * Takes the bytes of a batch; one that is larger than the burst is taken when the full burst is
   * free.
   *
   * @return why it is refused, null if it is not
   */
  @Nullable StorageException refusal(String tenant, LogBatch batch) {
    Rate rate = rates.apply(tenant);
    if (rate == null || limiter(tenant, rate).bucket.tryTakeLarge(batch.size)) {
      return null;
    }
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

  private synchronized Limiter limiter(String tenant, Rate rate) {
    Limiter l = limiters.get(tenant);
    if (l == null || !l.rate.equals(rate)) {
      l = new Limiter(rate, TokenBucket.perSecond(rate.bytes, rate.burst, nanos));
      limiters.put(tenant, l);
      if (limiters.size() > MAX_TENANTS) {
        limiters.remove(limiters.keySet().iterator().next());
      }
    }
    return l;
  }
}
