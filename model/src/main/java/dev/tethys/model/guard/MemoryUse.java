package dev.tethys.model.guard;

import java.util.Locale;

/**
 * Uses of memory that have a share of the budget, the most important first. When memory is short,
 * less important uses return their loans first.
 *
 * <p>A share has its guaranteed part at any time. It may grow to its maximum while others leave
 * memory unused. The guaranteed parts add up to less than the heap: no share counts the rest.
 */
public enum MemoryUse {
  METRIC_HEADS("metric heads", 25, 50, false),
  EVENT_HEADS("log, trace and profile heads", 12, 25, false),
  RULES("rule queries", 12, 25, false),
  REQUESTS("received requests", 12, 33, false),
  AGGREGATES("aggregated series", 4, 25, false),
  METRIC_QUERIES("metric queries", 4, 50, true),
  LOG_QUERIES("log queries", 4, 25, true),
  TRACE_QUERIES("trace queries", 4, 25, true),
  PROFILE_QUERIES("profile queries", 4, 25, true),
  CACHES("caches", 6, 12, true);

  private final String text;
  private final int guaranteedPercent;
  private final int maxPercent;
  private final boolean needsFreeHeap;

  /**
   * @param guaranteedPercent guaranteed percentage of the heap
   * @param maxPercent maximum percentage of the heap
   * @param needsFreeHeap whether it may not grow while the heap is nearly full
   */
  MemoryUse(String text, int guaranteedPercent, int maxPercent, boolean needsFreeHeap) {
    this.text = text;
    this.guaranteedPercent = guaranteedPercent;
    this.maxPercent = maxPercent;
    this.needsFreeHeap = needsFreeHeap;
  }

  /** Name on pages and in errors, such as {@code log queries}. */
  public String text() {
    return text;
  }

  /** Label value in metrics, such as {@code log_queries}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Size of the share for a heap of {@code heap} bytes. */
  MemoryBudget.Size size(long heap) {
    return new MemoryBudget.Size(heap / 100 * guaranteedPercent, heap / 100 * maxPercent);
  }

  boolean needsFreeHeap() {
    return needsFreeHeap;
  }
}
