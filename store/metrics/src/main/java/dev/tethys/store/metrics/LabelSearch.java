package dev.tethys.store.metrics;

import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource.LabelResult;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.HeadMemory;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.store.metrics.internal.index.LabelColumns;
import dev.tethys.store.metrics.internal.index.Matching;
import dev.tethys.store.metrics.internal.index.Postings;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BiConsumer;
import org.roaringbitmap.RoaringBitmap;

/** What labels there are, from the indexes of memory and blocks alone. */
final class LabelSearch {
  private final Head head;
  private final Blocks blocks;
  private final ReentrantReadWriteLock parts;
  private final ReentrantLock counting = new ReentrantLock();

  LabelSearch(Head head, Blocks blocks, ReentrantReadWriteLock parts) {
    this.head = head;
    this.blocks = blocks;
    this.parts = parts;
  }

  LabelResult names(long min, long max, List<Matcher> matchers, int limit) {
    TreeSet<String> out = new TreeSet<>(Utf8Order.STRINGS);
    List<String> warnings =
        indexes(
            min,
            max,
            matchers,
            (p, known) -> {
              if (matchers.isEmpty()) {
                out.addAll(p.names());
                return;
              }
              RoaringBitmap found = Matching.find(p, matchers, known);
              if (found.isEmpty()) {
                return;
              }
              for (String name : p.names()) {
                if (!out.contains(name)) {
                  boolean[] has = new boolean[1];
                  p.values(
                      name,
                      "",
                      (number, v, postings) ->
                          has[0] = has[0] || RoaringBitmap.intersects(found, postings.get()));
                  if (has[0]) {
                    out.add(name);
                  }
                }
              }
            });
    return limited(out, limit, warnings);
  }

  LabelResult values(String name, long min, long max, List<Matcher> matchers, int limit) {
    TreeSet<String> out = new TreeSet<>(Utf8Order.STRINGS);
    List<String> warnings =
        indexes(
            min,
            max,
            matchers,
            (p, known) -> {
              if (matchers.isEmpty()) {
                p.values(name, "", (number, v, postings) -> out.add(v));
                return;
              }
              RoaringBitmap found = Matching.find(p, matchers, known);
              if (!found.isEmpty()) {
                p.values(
                    name,
                    "",
                    (number, v, postings) -> {
                      if (!out.contains(v) && RoaringBitmap.intersects(found, postings.get())) {
                        out.add(v);
                      }
                    });
              }
            });
    return limited(out, limit, warnings);
  }

  private static LabelResult limited(TreeSet<String> all, int limit, List<String> warnings) {
    if (limit <= 0 || all.size() <= limit) {
      return new LabelResult(List.copyOf(all), warnings);
    }
    warnings.add("results truncated due to limit");
    return new LabelResult(all.stream().limit(limit).toList(), warnings);
  }

  /**
   * Runs over the index of every part that overlaps a closed time range.
   *
   * @return what the reader should be told of indexes that are damaged
   */
  private List<String> indexes(
      long min, long max, List<Matcher> matchers, BiConsumer<Postings, Expressions> to) {
    List<BlockReader> pinned = new ArrayList<>();
    Expressions known = expressions(min, max, List.of(matchers));
    try {
      List<String> warnings;
      parts.readLock().lock();
      try {
        warnings = new ArrayList<>(blocks.warnings());
        pin(min, max, pinned);
        if (head.overlaps(min, max)) {
          head.index(index -> to.accept(index, known));
        }
      } finally {
        parts.readLock().unlock();
      }
      for (BlockReader b : pinned) {
        b.answer(() -> to.accept(b, Expressions.NONE), warnings::add);
      }
      return warnings;
    } finally {
      pinned.forEach(BlockReader::release);
    }
  }

  /** Before the parts are locked: while blocks wait to be exchanged, nobody else gets in. */
  private Expressions expressions(long min, long max, List<List<Matcher>> matcherSets) {
    return head.overlaps(min, max) ? head.expressions(matcherSets) : Expressions.NONE;
  }

  private void pin(long min, long max, List<BlockReader> pinned) {
    for (BlockReader b : blocks.levels().forLabels()) {
      if (b.overlaps(min, max) && b.acquire()) {
        pinned.add(b);
      }
    }
  }

  /**
   * Counts series by label. One count runs at a time, since each takes 16 bytes a series.
   *
   * @param maxSeries how many series it may look at
   */
  Cardinality count(CardinalityQuery q, long maxSeries) {
    counting.lock();
    try {
      List<BlockReader> pinned = new ArrayList<>();
      List<LabelColumns> columns = new ArrayList<>();
      Expressions known = expressions(q.minTime(), q.maxTime(), q.matcherSets());
      try {
        parts.readLock().lock();
        try {
          blocks.refuseWithoutUnread();
          pin(q.minTime(), q.maxTime(), pinned);
          if (head.overlaps(q.minTime(), q.maxTime())) {
            columns.add(head.columns(q.matcherSets(), known));
          }
        } finally {
          parts.readLock().unlock();
        }
        for (BlockReader b : pinned) {
          columns.add(new BlockColumns(b, q));
        }
        HeadMemory memory = head.memory();
        double each =
            (double) (memory.series() + memory.samples()) / Math.max(1, head.seriesCount());
        return new CardinalityScan(columns, q, maxSeries).run(each);
      } finally {
        pinned.forEach(BlockReader::release);
      }
    } finally {
      counting.unlock();
    }
  }
}
