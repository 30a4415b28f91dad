package dev.tethys.query.promql;

import dev.tethys.model.access.Scope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Most expensive queries, summed over all their runs. Lists {@link #CAPACITY} texts and keeps at
 * most twice as many; the ones with the least CPU time are evicted. Queries of different tenants
 * are counted separately. Thread-safe.
 */
public final class QueryCosts {
  /** Maximum number of texts shown. */
  static final int CAPACITY = 500;

  /** Longer texts are truncated. */
  static final int MAX_TEXT = 2_000;

  /**
   * All runs of one text by one tenant.
   *
   * @param tenant tenant whose data the query read
   * @param failures number of failed calls
   * @param seconds evaluation time, waiting not included
   * @param maxSeconds duration of the slowest run
   * @param maxBytes the most memory that one run held
   * @param last time at which the last run ended
   */
  public record Cost(
      String tenant,
      String text,
      long calls,
      long failures,
      double seconds,
      double cpuSeconds,
      long samples,
      double maxSeconds,
      long maxBytes,
      Instant last) {
    /** Shortens the text. */
    public Cost {
      text = text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT - 1) + "…";
    }

    private Cost and(Cost c) {
      return new Cost(
          tenant,
          text,
          calls + c.calls,
          failures + c.failures,
          seconds + c.seconds,
          cpuSeconds + c.cpuSeconds,
          samples + c.samples,
          Math.max(maxSeconds, c.maxSeconds),
          Math.max(maxBytes, c.maxBytes),
          c.last);
    }
  }

  /** Sort order of expensive queries. */
  public enum Order {
    CPU(Comparator.comparingDouble(Cost::cpuSeconds)),
    SECONDS(Comparator.comparingDouble(Cost::seconds)),
    SAMPLES(Comparator.comparingLong(Cost::samples)),
    CALLS(Comparator.comparingLong(Cost::calls)),
    MAX(Comparator.comparingDouble(Cost::maxSeconds)),
    BYTES(Comparator.comparingLong(Cost::maxBytes));

    private final Comparator<Cost> comparator;

    Order(Comparator<Cost> comparator) {
      this.comparator = comparator;
    }
  }

  private record Key(String tenant, String text) {
    // The methods that a record makes load classes while the first query waits.
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Key k && tenant.equals(k.tenant) && text.equals(k.text);
    }

    @Override
    public int hashCode() {
      return 31 * tenant.hashCode() + text.hashCode();
    }

    static Key of(Cost c) {
      return new Key(c.tenant, c.text);
    }
  }

  private final Map<Key, Cost> costs = new HashMap<>();

  QueryCosts() {}

  synchronized void add(Cost c) {
    if (costs.size() >= 2 * CAPACITY && !costs.containsKey(Key.of(c))) {
      // Evict half in one step: many rules, each with its own text, would otherwise spend most of
      // their time searching the cheapest entry.
      List<Cost> all = new ArrayList<>(costs.values());
      all.sort(Order.CPU.comparator);
      all.subList(0, all.size() - CAPACITY).forEach(cheap -> costs.remove(Key.of(cheap)));
    }
    costs.merge(Key.of(c), c, Cost::and);
  }

  /** Returns the texts visible to a scope, most expensive first. */
  public synchronized List<Cost> top(Scope scope, Order order, int limit) {
    List<Cost> all = new ArrayList<>(costs.values());
    all.removeIf(c -> !scope.sees(c.tenant));
    all.sort(order.comparator.reversed().thenComparing(Cost::text));
    return List.copyOf(all.subList(0, Math.min(Math.min(limit, CAPACITY), all.size())));
  }
}
