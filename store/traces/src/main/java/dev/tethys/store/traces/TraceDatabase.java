package dev.tethys.store.traces;

import dev.tethys.model.access.Scope;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanAppendResult;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.store.events.DeletionMark;
import dev.tethys.store.events.EventDatabase;
import dev.tethys.store.events.EventEngine;
import dev.tethys.store.events.EventView;
import dev.tethys.store.events.LivePart;
import dev.tethys.store.events.PartEntry;
import dev.tethys.store.files.CorruptionException;
import dev.tethys.store.traces.block.SpanCopier;
import dev.tethys.store.traces.block.SpanFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Trace store on {@link EventEngine}: the folder contents are described there, in {@link
 * TraceSections} and in the writers of blocks and frames.
 */
public final class TraceDatabase extends EventDatabase<TraceLimits> implements TraceStore {
  private static final String DAMAGED = "spans are missing or incomplete, data is damaged: ";

  private final EventEngine<TraceHead, TraceHead.Snapshot, TracePart> engine;
  private final Map<String, TraceSizes> sizes = new ConcurrentHashMap<>();

  private TraceDatabase(FileAccess files, Path directory, TraceOptions options) throws IOException {
    super(_ -> options.limits());
    engine = new EventEngine<>(files, directory, new TraceSignal(), options.engine());
  }

  /**
   * Opens a store.
   *
   * @throws IOException also if another process has it open
   * @throws CorruptionException if the manifest cannot be read
   */
  public static TraceDatabase open(FileAccess files, Path directory, TraceOptions options)
      throws IOException {
    return new TraceDatabase(files, directory, options);
  }

  @Override
  protected EventEngine<?, ?, ?> engine() {
    return engine;
  }

  @Override
  public SpanAppendResult append(Scope scope, SpanBatch batch) {
    String tenant = scope.tenant();
    TraceAdmission admission =
        new TraceAdmission(
            limits(tenant), sizes.computeIfAbsent(tenant, _ -> new TraceSizes()), batch);
    SpanBatch spans = admission.check();
    if (spans.spans == 0) {
      return admission.result();
    }
    engine.append(
        tenant,
        out -> {
          int start = out.size;
          SpanFrame.write(spans, out);
          TraceHead.Frame frame =
              TraceSignal.frame(Arrays.copyOfRange(out.buf, start, out.size), spans);
          return head -> head.add(frame);
        });
    return admission.result();
  }

  @Override
  public TracesData trace(Scope scope, long high, long low, long from, long to) {
    SpanBatch out = new SpanBatch();
    SpanCopier.Groups groups = new SpanCopier.Groups(out);
    try (StoreSelection found = find(scope, from, to)) {
      for (TraceSegment s : found.found) {
        s.trace(high, low, out, groups);
      }
    }
    return out.data();
  }

  @Override
  public SpanSelection select(Scope scope, long from, long to) {
    return find(scope, from, to);
  }

  private StoreSelection find(Scope scope, long from, long to) {
    EventView<TraceHead.Snapshot, TracePart> view = engine.view(scope.tenant(), from, to);
    boolean built = false;
    try {
      StoreSelection out = build(view, from, to);
      built = true;
      return out;
    } finally {
      if (!built) {
        view.close();
      }
    }
  }

  private static StoreSelection build(
      EventView<TraceHead.Snapshot, TracePart> view, long from, long to) {
    List<TraceSegment> segments = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (LivePart<TracePart> live : view.parts()) {
      TracePart part = live.get();
      if (part != null) {
        try {
          part.groups();
          addBlocks(part, live.entry(), view.deletions(), from, to, segments);
        } catch (CorruptionException e) {
          live.damaged(e);
        }
      }
      addDamage(live, warnings);
    }
    for (EventView.HeadView<TraceHead.Snapshot> h : view.heads()) {
      for (TraceHead.Chunk c : h.rows().chunks()) {
        if (c.first() < to && c.last() >= from) {
          segments.add(new TraceSegment.OfHead(c, from, to));
        }
      }
    }
    return new StoreSelection(view, List.copyOf(segments), List.copyOf(warnings));
  }

  private static void addDamage(LivePart<TracePart> part, List<String> warnings) {
    String damage = part.damage();
    if (damage != null) {
      warnings.add("spans are missing, part is not readable: " + damage);
    }
  }

  @Override
  public List<String> damage(Scope scope) {
    List<String> out = new ArrayList<>();
    try (EventView<TraceHead.Snapshot, TracePart> view =
        engine.view(scope.tenant(), Long.MIN_VALUE, Long.MAX_VALUE)) {
      for (LivePart<TracePart> p : view.parts()) {
        TracePart part = p.get(); // opens it, unless a query has done so
        addDamage(p, out);
        for (int b = 0; part != null && b < part.file().blocks(); b++) {
          String missing = part.file().missing(b);
          if (missing != null) {
            out.add(DAMAGED + missing);
          }
        }
      }
    }
    return out;
  }

  private static void addBlocks(
      TracePart part,
      PartEntry entry,
      List<DeletionMark> marks,
      long from,
      long to,
      List<TraceSegment> out) {
    for (int b = 0; b < part.file().blocks(); b++) {
      long first = part.file().first(b);
      long last = part.file().last(b);
      if (first < to && last >= from) {
        List<DeletionMark> hiding =
            marks.stream()
                .filter(m -> m.appliesTo(entry.tenant(), entry.generation(), first, last))
                .toList();
        out.add(new TraceSegment.OfBlock(part, b, HiddenSpans.of(hiding), from, to));
      }
    }
  }

  /** Selection from the store. */
  private static final class StoreSelection implements SpanSelection {
    private final EventView<TraceHead.Snapshot, TracePart> view;
    private final List<TraceSegment> found;
    private final List<String> warnings;

    private StoreSelection(
        EventView<TraceHead.Snapshot, TracePart> view,
        List<TraceSegment> found,
        List<String> warnings) {
      this.view = view;
      this.found = found;
      this.warnings = warnings;
    }

    @Override
    public List<SpanSegment> segments() {
      return List.copyOf(found);
    }

    @Override
    public List<String> warnings() {
      List<String> all = new ArrayList<>(warnings);
      for (TraceSegment s : found) {
        String missing = s.missing();
        if (missing != null) {
          all.add(DAMAGED + missing);
        }
      }
      return all;
    }

    @Override
    public void close() {
      view.close();
    }
  }

  @Override
  public SortedSet<SpanField> attributes(Scope scope, long from, long to) {
    SortedSet<SpanField> out = new TreeSet<>();
    try (StoreSelection found = find(scope, from, to)) {
      found.found.forEach(s -> s.keys(out));
    }
    return out;
  }

  @Override
  public List<SpanValue> values(
      Scope scope, SpanField field, SpanFilter filter, long from, long to, int limit) {
    Set<SpanValue> out = new LinkedHashSet<>();
    try (StoreSelection found = find(scope, from, to)) {
      for (TraceSegment s : found.found) {
        if (out.size() >= limit) {
          break;
        }
        s.values(field, filter, out, limit);
      }
    }
    return List.copyOf(out);
  }

  @Override
  public EventDeletion delete(Scope scope, String query, SpanFilter filter, long from, long to) {
    return deletion(engine.delete(scope.tenant(), query, from, to, SpanCondition.encode(filter)));
  }
}
