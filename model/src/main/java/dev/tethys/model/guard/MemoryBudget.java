package dev.tethys.model.guard;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Memory budget of a process, divided into a share for each {@link MemoryUse}.
 *
 * <p>Memory is reserved in a share before it is allocated. A share always gets its guaranteed part;
 * above that it borrows memory that others leave free, up to its maximum. When a share needs memory
 * that was lent, less important shares that can return memory immediately, such as caches, return
 * it, and no share may borrow more until the sum is below the total again. Queries return their
 * memory when they end.
 *
 * <p>Invariants: the total is below the heap and the sum of the guaranteed parts is at most the
 * total; a loan never makes the sum of all shares exceed the total at that moment.
 */
public final class MemoryBudget implements Collector {
  /**
   * Size limits of a memory share.
   *
   * @param guaranteed bytes that it gets at any time
   * @param max maximum number of bytes that it may hold
   */
  public record Size(long guaranteed, long max) {
    /** Size of an empty memory share. */
    public static final Size NONE = new Size(0, 0);
  }

  private final Map<MemoryUse, MemoryShare> shares = new EnumMap<>(MemoryUse.class);
  private final long total;
  private final BooleanSupplier hasHeap;

  /**
   * Budget with shares of given sizes.
   *
   * @param total bytes that all may hold together, at least the sum of the guaranteed parts
   * @param hasHeap whether the heap has space for more; checked for shares of queries and caches
   */
  public MemoryBudget(long total, Function<MemoryUse, Size> sizes, BooleanSupplier hasHeap) {
    this.total = total;
    this.hasHeap = hasHeap;
    for (MemoryUse use : MemoryUse.values()) {
      shares.put(use, new MemoryShare(this, use, sizes.apply(use)));
    }
  }

  /**
   * Budget for a heap; its total is the sum of the guaranteed parts.
   *
   * @param hasHeap whether the heap has space for more
   */
  public static MemoryBudget ofHeap(long heap, BooleanSupplier hasHeap) {
    long total = Arrays.stream(MemoryUse.values()).mapToLong(u -> u.size(heap).guaranteed()).sum();
    return new MemoryBudget(total, u -> u.size(heap), hasHeap);
  }

  private static final class OfProcess {
    static final MemoryBudget INSTANCE =
        ofHeap(Runtime.getRuntime().maxMemory(), () -> HeapRoom.process().allowsQueries());
  }

  /** The budget of this process, by its largest heap. */
  public static MemoryBudget ofProcess() {
    return OfProcess.INSTANCE;
  }

  /** Returns the memory share of a use. */
  public MemoryShare share(MemoryUse use) {
    return Objects.requireNonNull(shares.get(use));
  }

  /** All shares, the most important first. */
  public List<MemoryShare> shares() {
    return List.copyOf(shares.values());
  }

  /** Total number of bytes that all shares may hold. */
  public long total() {
    return total;
  }

  /** Returns the bytes currently held by all shares. */
  public long used() {
    long n = 0;
    for (MemoryShare s : shares.values()) {
      n += s.used();
    }
    return n;
  }

  boolean hasHeap() {
    return hasHeap.getAsBoolean();
  }

  /**
   * Makes less important shares return memory immediately, the least important first.
   *
   * @param use use that needs memory
   * @param most bytes that all shares may hold afterwards
   */
  void reclaim(MemoryUse use, long most) {
    MemoryUse[] uses = MemoryUse.values();
    for (int i = uses.length - 1; i > use.ordinal(); i--) {
      long excess = used() - most;
      if (excess <= 0) {
        return;
      }
      share(uses[i]).reclaimBytes(excess);
    }
  }

  /** Passes on metrics of all shares, with the label {@code share}. */
  @Override
  public void collect(Consumer<MetricFamily> to) {
    to.accept(
        gauge(
            "tethys_memory_budget_bytes",
            "Memory that all shares may hold together.",
            List.of(new Metric(Labels.EMPTY, total))));
    to.accept(
        byShare(
            "tethys_memory_share_used_bytes",
            "Memory that a share of the budget holds.",
            MemoryShare::used));
    to.accept(
        byShare(
            "tethys_memory_share_guaranteed_bytes",
            "Memory that a share of the budget gets at any time.",
            MemoryShare::guaranteed));
    to.accept(
        byShare(
            "tethys_memory_share_max_bytes",
            "Memory that a share of the budget may hold while others leave it free.",
            MemoryShare::max));
    MetricFamily refusals =
        byShare(
            "tethys_memory_share_refusals_total",
            "Reservations that a share of the budget refused.",
            MemoryShare::refusals);
    to.accept(
        new MetricFamily(
            refusals.name(), MetricType.COUNTER, refusals.help(), "", refusals.metrics()));
  }

  private MetricFamily byShare(String name, String help, ToLongFunction<MemoryShare> value) {
    return gauge(
        name,
        help,
        shares().stream()
            .map(s -> new Metric(Labels.of("share", s.use().label()), value.applyAsLong(s)))
            .toList());
  }

  private static MetricFamily gauge(String name, String help, List<Metric> metrics) {
    return new MetricFamily(name, MetricType.GAUGE, help, "", metrics);
  }
}
