package dev.tethys.store.logs;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.events.EventView;
import dev.tethys.store.events.LivePart;
import dev.tethys.store.events.PartEntry;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.logs.block.LogRows;
import dev.tethys.store.logs.block.RowPatterns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntUnaryOperator;

/** Finds the streams and segments of a query in a view. Not thread-safe. */
final class SelectionBuilder {
  private final EventView<LogHead.Snapshot, LogPart> view;
  private final StreamRegistry registry;
  private final SelectedStreams streams;
  private final long from;
  private final long to;
  private final List<LogSegment> segments = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();
  private final List<Deletion> deletions = new ArrayList<>();
  private final AtomicLong checkable = new AtomicLong(MAX_CHECKED);

  /**
   * Maximum size of blocks whose checksums one query verifies to respond from counts. Further
   * blocks are counted from their index; the next queries verify them.
   */
  private static final long MAX_CHECKED = 1 << 30;

  /** Mark with the streams that it selects. */
  private record Deletion(
      DeletionMark mark, DeletionCondition condition, SelectedStreams streams) {}

  SelectionBuilder(
      EventView<LogHead.Snapshot, LogPart> view,
      StreamRegistry registry,
      List<Matcher> matchers,
      long from,
      long to) {
    this.view = view;
    this.registry = registry;
    this.from = from;
    this.to = to;
    this.streams = new SelectedStreams(registry, matchers);
    for (DeletionMark m : view.deletions()) {
      DeletionCondition c = DeletionCondition.decode(m.condition());
      deletions.add(new Deletion(m, c, new SelectedStreams(registry, c.matchers())));
    }
  }

  LogSelection build() {
    AtomicInteger unread = new AtomicInteger(1); // segments of heads, and this method
    Runnable released =
        () -> {
          if (unread.decrementAndGet() == 0) {
            view.releaseHeads();
          }
        };
    for (EventView.HeadView<LogHead.Snapshot> h : view.heads()) {
      IntUnaryOperator index = streams.indexOf(h.rows().streams());
      for (LogHead.Chunk c : h.rows().chunks()) {
        HeadSegment s = new HeadSegment(c, h.rows().names(), index, from, to, r -> true, released);
        if (s.rows() > 0) {
          unread.incrementAndGet();
          segments.add(s);
        }
      }
    }
    released.run();
    for (LivePart<LogPart> live : view.parts()) {
      LogPart part = live.get();
      if (part != null) {
        try {
          addBlocks(part, live.entry());
        } catch (CorruptionException e) {
          live.damaged(e);
        }
      }
      String damage = live.damage();
      if (damage != null) {
        warnings.add("rows are missing, part is not readable: " + damage);
      }
    }
    return new SelectionResult(
        view, List.copyOf(streams.labels()), List.copyOf(segments), List.copyOf(warnings));
  }

  private void addBlocks(LogPart part, PartEntry entry) {
    LogPart.Streams index = part.streams(registry);
    for (int b = 0; b < part.file().blocks(); b++) {
      if (part.file().first(b) >= to || part.file().last(b) < from) {
        continue;
      }
      int at = index.blocks()[b];
      int[] selected = new int[index.blocks()[b + 1] - at];
      boolean any = false;
      for (int i = 0; i < selected.length; i++) {
        boolean overlaps = index.firsts()[at + i] < to && index.lasts()[at + i] >= from;
        selected[i] = overlaps ? streams.of(index.numbers()[index.stream()[at + i]]) : -1;
        any |= selected[i] >= 0;
      }
      if (any) {
        segments.add(
            new PartSegment(
                part, index, b, selected, from, to, hidden(part, index, entry, b), checkable));
      }
    }
  }

  private List<PartSegment.HiddenRows> hidden(
      LogPart part, LogPart.Streams index, PartEntry entry, int b) {
    List<PartSegment.HiddenRows> out = new ArrayList<>();
    for (Deletion d : deletions) {
      if (d.mark.appliesTo(
          entry.tenant(), entry.generation(), part.file().first(b), part.file().last(b))) {
        boolean[] of = streamsOf(d.streams, index, b);
        if (of.length > 0) {
          out.add(new PartSegment.HiddenRows(of, d.condition.filter(), d.mark.from(), d.mark.to()));
        }
      }
    }
    return out;
  }

  /** Streams of a block that a deletion selects; empty if none. */
  private static boolean[] streamsOf(SelectedStreams streams, LogPart.Streams index, int b) {
    int at = index.blocks()[b];
    boolean[] of = new boolean[index.blocks()[b + 1] - at];
    boolean any = false;
    for (int i = 0; i < of.length; i++) {
      of[i] = streams.of(index.numbers()[index.stream()[at + i]]) >= 0;
      any |= of[i];
    }
    return any ? of : Arrays.copyOf(of, 0);
  }

  /** Result of a selection. */
  private record SelectionResult(
      EventView<LogHead.Snapshot, LogPart> view,
      List<Labels> streams,
      List<LogSegment> segments,
      List<String> warnings)
      implements LogSelection {
    @Override
    public String[] patterns(LogBatch rows) {
      LogRows columns = new LogRows().clear();
      for (int r = 0; r < rows.rows; r++) {
        columns.add(rows.times[r], 0, rows.bytes, rows.bodyStarts[r], rows.bodyLengths[r]);
      }
      return RowPatterns.of(columns);
    }

    @Override
    public void close() {
      view.close();
    }
  }
}
