package dev.tethys.pipeline.exporter.clickhouse;

import dev.tethys.codec.clickhouse.ClickHouseTables;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Range of times that can be read back. ClickHouse stores others too, but a {@code DateTime} wraps
 * around in 2106: rows whose TTL ends later, or that are ordered by such a column, as logs and
 * traces are, would be deleted immediately or appear in another century. A {@code DateTime64} of
 * this exporter's tables is searched between 1900 and 2299.
 *
 * @param first Unix milliseconds
 * @param last Unix milliseconds
 */
record TimeRange(long first, long last) {
  private static final long LAST_SECOND = 0xffff_ffffL;
  private static final TimeRange OF_DATE_TIME_64 =
      new TimeRange(ClickHouseTables.FIRST_TIME, ClickHouseTables.LAST_TIME);
  private static final long NANOS = 1_000_000;

  /** Returns the time range of samples. */
  static TimeRange ofSamples(ClickHouseTables tables) {
    return tables.ttlSeconds() == 0 ? OF_DATE_TIME_64 : ofRecords(tables);
  }

  /** Returns the time range of log records and spans. */
  static TimeRange ofRecords(ClickHouseTables tables) {
    return new TimeRange(0, (LAST_SECOND - tables.ttlSeconds()) * 1000 + 999);
  }

  boolean contains(long millis) {
    return millis >= first && millis <= last;
  }

  /** Removes records with other times from logs; returns their number. */
  int prune(LogsData logs) {
    return prune(
        logs.resources(),
        (LogRecord l) -> l.timeUnixNano() != 0 ? l.timeUnixNano() : l.observedTimeUnixNano());
  }

  /** Removes spans that start outside the range from traces; returns their number. */
  int prune(TracesData traces) {
    return prune(traces.resources(), Span::startTimeUnixNano);
  }

  private <T extends Item<T>> int prune(List<ResourceGroup<T>> resources, ToLongFunction<T> nanos) {
    int n = 0;
    for (ResourceGroup<T> r : resources) {
      for (ScopeGroup<T> s : r.scopes()) {
        int before = s.items().size();
        s.items().removeIf(i -> !contains(Math.floorDiv(nanos.applyAsLong(i), NANOS)));
        n += before - s.items().size();
      }
    }
    return n;
  }
}
