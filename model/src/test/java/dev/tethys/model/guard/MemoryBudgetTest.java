package dev.tethys.model.guard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.guard.MemoryShare.Refusal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Shares of the memory of a process. */
class MemoryBudgetTest {
  private static final long HEAP = 1000;

  private final MemoryBudget budget = MemoryBudget.ofHeap(HEAP, () -> true);

  private MemoryShare share(MemoryUse use) {
    return budget.share(use);
  }

  @Test
  void guaranteedPartsSumToLessThanTheHeap() {
    long sum = budget.shares().stream().mapToLong(MemoryShare::guaranteed).sum();
    assertThat(sum).isEqualTo(budget.total()).isLessThan(HEAP * 9 / 10);
    assertThat(MemoryBudget.ofProcess().total()).isLessThan(Runtime.getRuntime().maxMemory());
  }

  @Test
  void shareBorrowsFreeMemoryUpToItsMaximum() {
    MemoryShare logs = share(MemoryUse.LOG_QUERIES);
    assertThat(logs.reserve(logs.max())).isNull();
    assertThat(logs.reserve(1)).isEqualTo(Refusal.SHARE_FULL);
    assertThat(logs.used()).isEqualTo(logs.max());
    assertThat(logs.refusals()).isEqualTo(1);
  }

  @Test
  void everyShareKeepsItsGuaranteedPart() {
    AtomicLong heads = new AtomicLong();
    share(MemoryUse.METRIC_HEADS).addMeasured(heads::get);
    share(MemoryUse.METRIC_HEADS).addMeasured(() -> 1);
    MemoryShare logs = share(MemoryUse.LOG_QUERIES);
    assertThat(logs.reserve(logs.max())).isNull();
    heads.set(budget.total());
    MemoryShare metrics = share(MemoryUse.METRIC_QUERIES);
    assertThat(metrics.reserve(metrics.guaranteed())).isNull();
    assertThat(metrics.reserve(1)).isEqualTo(Refusal.NOTHING_TO_BORROW);
    assertThat(metrics.used()).isEqualTo(metrics.guaranteed());
  }

  @Test
  void cachesReturnMemoryThatQueriesNeed() {
    MemoryShare caches = share(MemoryUse.CACHES);
    caches.reclaimFrom(bytes -> caches.release(caches.used()));
    assertThat(caches.reserve(caches.max())).isNull();
    long free = budget.total() - budget.used();
    share(MemoryUse.METRIC_HEADS).addMeasured(() -> free);
    MemoryShare traces = share(MemoryUse.TRACE_QUERIES);
    assertThat(traces.reserve(traces.guaranteed() + 1)).isNull();
    assertThat(caches.used()).isZero();
    assertThat(caches.reserve(caches.max()))
        .as("not taken from others")
        .isEqualTo(Refusal.NOTHING_TO_BORROW);
  }

  @Test
  void fullHeapRejectsQueriesAndClearsCachesButAdmitsRequests() {
    boolean[] hasHeap = {true};
    MemoryBudget b = MemoryBudget.ofHeap(HEAP, () -> hasHeap[0]);
    MemoryShare caches = b.share(MemoryUse.CACHES);
    caches.reclaimFrom(bytes -> caches.release(caches.used()));
    assertThat(caches.reserve(10)).isNull();
    hasHeap[0] = false;
    assertThat(b.share(MemoryUse.PROFILE_QUERIES).reserve(1)).isEqualTo(Refusal.HEAP_FULL);
    assertThat(caches.used()).isZero();
    assertThat(b.share(MemoryUse.REQUESTS).reserve(1)).isNull();
    assertThat(b.share(MemoryUse.RULES).reserve(1)).isNull();
  }

  @Test
  void loansNeverExceedTheTotal() {
    Random random = new Random(7);
    MemoryUse[] uses = MemoryUse.values();
    for (int i = 0; i < 10_000; i++) {
      MemoryShare s = share(uses[random.nextInt(uses.length)]);
      long n = 1 + random.nextInt(60);
      if (random.nextInt(3) == 0) {
        s.release(Math.min(n, s.used()));
        continue;
      }
      boolean borrows = s.used() + n > s.guaranteed();
      if (s.reserve(n) == null && borrows) {
        assertThat(budget.used()).isLessThanOrEqualTo(budget.total());
      }
      assertThat(s.used()).isLessThanOrEqualTo(s.max());
    }
    long most = Arrays.stream(uses).mapToLong(u -> share(u).guaranteed()).sum();
    assertThat(budget.used()).isLessThanOrEqualTo(budget.total() + most);
  }

  @Test
  void metricsNameEveryShare() {
    Map<String, Integer> sizes = new HashMap<>();
    budget.collect((MetricFamily f) -> sizes.put(f.name(), f.metrics().size()));
    int shares = MemoryUse.values().length;
    assertThat(sizes)
        .containsEntry("tethys_memory_budget_bytes", 1)
        .containsEntry("tethys_memory_share_used_bytes", shares)
        .containsEntry("tethys_memory_share_guaranteed_bytes", shares)
        .containsEntry("tethys_memory_share_max_bytes", shares)
        .containsEntry("tethys_memory_share_refusals_total", shares);
  }
}
