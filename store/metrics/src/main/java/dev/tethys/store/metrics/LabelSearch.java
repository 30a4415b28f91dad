package dev.tethys.store.metrics;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource.LabelResult;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.store.metrics.internal.block.BlockReader;
import dev.tethys.store.metrics.internal.head.Head;
import dev.tethys.store.metrics.internal.head.HeadMemory;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.store.metrics.internal.index.LabelColumns;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Searches label names, label values and label sets, in the indexes of memory and blocks only. */
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
    List<List<String>> found = new ArrayList<>();
    List<String> warnings =
        parts(
            min,
            max,
            matchers,
            known -> found.add(sorted(head.labels().names(matchers, known))),
            block -> found.add(sorted(block.labels().names(matchers))));
    return limited(found, limit, warnings);
  }

  LabelResult values(String name, long min, long max, List<Matcher> matchers, int limit) {
    int most = limit <= 0 || limit == Integer.MAX_VALUE ? 0 : limit + 1; // shows that it cuts
    List<List<String>> found = new ArrayList<>();
    List<String> warnings =
        parts(
            min,
            max,
            matchers,
            known -> found.add(head.labels().values(name, matchers, known, most)),
            block -> found.add(block.labels().values(name, matchers, most)));
    return limited(found, limit, warnings);
  }

  /**
   * Returns label sets of some series, or of all that meet the matchers if these are fewer: sorted.
   *
   * @param limit the most, at least 1
   * @param cutoff oldest time of visible samples
   * @param lost receives warnings for the reader
   * @return null if the whole selection has to be made to know which are shown
   */
  @Nullable List<Labels> some(
      long min,
      long max,
      List<List<Matcher>> matcherSets,
      int limit,
      RetentionCutoff cutoff,
      Consumer<String> lost) {
    List<List<Labels>> found = new ArrayList<>();
    // Memory before blocks: what leaves it meanwhile is in both rather than in neither.
    if (head.overlaps(min, max)) {
      if (cutoff.hidesFrom(Math.max(min, head.minTime()))) {
        return null;
      }
      for (List<Matcher> ms : matcherSets) {
        found.add(head.labels().some(min, max, ms, head.expressions(List.of(ms)), limit));
      }
      List<Labels> some = merged(found, limit);
      if (some.size() == limit) {
        return some;
      }
    }
    List<BlockReader> pinned = new ArrayList<>();
    try {
      List<String> unread;
      parts.readLock().lock();
      try {
        unread = blocks.warnings();
        BlockSelector choice =
            BlockSelector.of(blocks.levels(), SelectHints.range(min, max), head::overlaps);
        if (!choice.warnings().isEmpty()) {
          return null;
        }
        for (BlockSelector.Piece p : choice.pieces()) {
          if (!p.whole() || p.block().meta().resolution() > 0 || cutoff.hidesFrom(min)) {
            return null;
          }
          if (p.block().acquire()) {
            pinned.add(p.block());
          }
        }
      } finally {
        parts.readLock().unlock();
      }
      unread.forEach(lost);
      for (BlockReader b : pinned) {
        for (List<Matcher> ms : matcherSets) {
          b.answer(() -> found.add(b.labels().some(min, max, ms, limit)), lost);
        }
        List<Labels> some = merged(found, limit);
        if (some.size() == limit) {
          return some;
        }
      }
      return merged(found, limit);
    } finally {
      pinned.forEach(BlockReader::release);
    }
  }

  /**
   * Merges several sorted lists into one.
   *
   * @param limit the most entries, 0 for all
   */
  static List<Labels> merged(List<List<Labels>> sets, int limit) {
    if (sets.size() == 1) {
      List<Labels> all = sets.getFirst();
      return limit <= 0 || all.size() <= limit ? all : List.copyOf(all.subList(0, limit));
    }
    return sets.stream()
        .flatMap(List::stream)
        .sorted()
        .distinct()
        .limit(limit <= 0 ? Long.MAX_VALUE : limit)
        .toList();
  }

  private static List<String> sorted(List<String> names) {
    return names.stream().sorted(Utf8Order.STRINGS).toList();
  }

  /**
   * Merges several sorted lists into one.
   *
   * @param limit the most entries, 0 for all
   */
  private static LabelResult limited(List<List<String>> lists, int limit, List<String> warnings) {
    List<String> all;
    if (lists.size() <= 1) {
      all = lists.isEmpty() ? List.of() : lists.getFirst();
    } else {
      TreeSet<String> joined = new TreeSet<>(Utf8Order.STRINGS);
      lists.forEach(joined::addAll);
      all = List.copyOf(joined);
    }
    if (limit <= 0 || all.size() <= limit) {
      return new LabelResult(List.copyOf(all), warnings);
    }
    warnings.add("results truncated due to limit");
    return new LabelResult(List.copyOf(all.subList(0, limit)), warnings);
  }

  /**
   * Runs over every part that overlaps a closed time range.
   *
   * @return warnings for the reader about damaged indexes
   */
  private List<String> parts(
      long min,
      long max,
      List<Matcher> matchers,
      Consumer<Expressions> ofMemory,
      Consumer<BlockReader> ofBlock) {
    List<BlockReader> pinned = new ArrayList<>();
    Expressions known = expressions(min, max, List.of(matchers));
    try {
      List<String> warnings;
      parts.readLock().lock();
      try {
        warnings = new ArrayList<>(blocks.warnings());
        pin(min, max, pinned);
        if (head.overlaps(min, max)) {
          ofMemory.accept(known);
        }
      } finally {
        parts.readLock().unlock();
      }
      for (BlockReader b : pinned) {
        b.answer(() -> ofBlock.accept(b), warnings::add);
      }
      return warnings;
    } finally {
      pinned.forEach(BlockReader::release);
    }
  }

  /** Before the parts are locked: while blocks wait to be exchanged, no other reader gets in. */
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
   * Counts series by label. Only one count runs at a time, since each needs 16 bytes per series.
   *
   * @param maxSeries maximum number of series to read
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
