package dev.tethys.query.logql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.logs.CopyBuffer;
import dev.tethys.model.logs.LogAppendResult;
import dev.tethys.model.logs.LogBatch;
import dev.tethys.model.logs.LogCounts;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.logs.LogNeeds;
import dev.tethys.model.logs.LogRowBatch;
import dev.tethys.model.logs.LogRowConsumer;
import dev.tethys.model.logs.LogSegment;
import dev.tethys.model.logs.LogSelection;
import dev.tethys.model.logs.LogStore;
import dev.tethys.model.storage.EventDeletion;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads several tenants of a store as one: streams have the label {@code __tenant_id__}, which
 * matchers can test. A label of that name that a stream has already is called {@code
 * original___tenant_id__}, as in Loki.
 */
final class TenantsStore implements LogStore {
  private static final String TENANT = LogEntry.TENANT_LABEL;
  private static final String ORIGINAL = "original_" + TENANT;

  private final LogStore store;
  private final List<Scope> tenants;

  private TenantsStore(LogStore store, List<Scope> tenants) {
    this.store = store;
    this.tenants = tenants;
  }

  /** Returns the store, or a view of it if several tenants are named. */
  static LogStore of(LogStore store, Scope scope) {
    return scope.hasSeveralTenants() ? new TenantsStore(store, scope.tenants()) : store;
  }

  /** Labels of a tenant's stream as queries over several tenants return them. */
  static Labels labels(Labels stream, String tenant) {
    LabelsBuilder b = new LabelsBuilder(stream);
    String own = stream.get(TENANT);
    if (!own.isEmpty()) {
      b.set(ORIGINAL, own);
    }
    return b.set(TENANT, tenant).build();
  }

  private List<Scope> selected(List<Matcher> matchers) {
    return tenants.stream()
        .filter(
            t ->
                matchers.stream()
                    .filter(m -> m.name().equals(TENANT))
                    .allMatch(m -> m.matches(Labels.of(TENANT, t.tenant()))))
        .toList();
  }

  private static List<Matcher> withoutTenant(List<Matcher> matchers) {
    return matchers.stream().filter(m -> !m.name().equals(TENANT)).toList();
  }

  @Override
  public LogSelection select(Scope ignored, List<Matcher> matchers, long from, long to) {
    List<LogSelection> parts = new ArrayList<>();
    boolean complete = false;
    try {
      Merged all = new Merged(parts);
      for (Scope t : selected(matchers)) {
        LogSelection s = store.select(t, withoutTenant(matchers), from, to);
        parts.add(s);
        all.add(s, t.tenant());
      }
      complete = true;
      return all;
    } finally {
      if (!complete) {
        parts.forEach(LogSelection::close);
      }
    }
  }

  private static final class Merged implements LogSelection {
    private final List<LogSelection> parts;
    private final List<Labels> streams = new ArrayList<>();
    private final List<LogSegment> segments = new ArrayList<>();

    Merged(List<LogSelection> parts) {
      this.parts = parts;
    }

    void add(LogSelection s, String tenant) {
      int offset = streams.size();
      for (Labels l : s.streams()) {
        streams.add(labels(l, tenant));
      }
      for (LogSegment segment : s.segments()) {
        segments.add(offset == 0 ? segment : new Shifted(segment, offset));
      }
    }

    @Override
    public List<Labels> streams() {
      return streams;
    }

    @Override
    public List<LogSegment> segments() {
      return segments;
    }

    @Override
    public String @Nullable [] patterns(LogBatch rows) {
      return parts.isEmpty() ? null : parts.getFirst().patterns(rows);
    }

    @Override
    public List<String> warnings() {
      return parts.stream().flatMap(p -> p.warnings().stream()).toList();
    }

    @Override
    public void close() {
      parts.forEach(LogSelection::close);
    }
  }

  /** Segment with an offset added to its stream numbers. */
  private record Shifted(LogSegment segment, int offset) implements LogSegment {
    @Override
    public long firstTime() {
      return segment.firstTime();
    }

    @Override
    public long lastTime() {
      return segment.lastTime();
    }

    @Override
    public long rows() {
      return segment.rows();
    }

    @Override
    public long bytes() {
      return segment.bytes();
    }

    @Override
    public void release() {
      segment.release();
    }

    @Override
    public List<StreamTotal> totals() {
      return segment.totals().stream()
          .map(
              t ->
                  new StreamTotal(
                      t.stream() + offset, t.rows(), t.bytes(), t.firstTime(), t.lastTime()))
          .toList();
    }

    @Override
    public @Nullable LogCounts counts(List<String> metadata) {
      LogCounts c = segment.counts(metadata);
      return c == null ? null : c.withGroups(new ShiftedRows(c.groups(), offset));
    }

    @Override
    public void scan(LogFilter filter, LogNeeds needs, LogRowConsumer consumer) {
      segment.scan(filter, needs, batch -> consumer.accept(new ShiftedRows(batch, offset)));
    }

    @Override
    public void scanEnd(
        LogFilter filter,
        LogNeeds needs,
        boolean forward,
        LongSupplier bound,
        LogRowConsumer consumer) {
      segment.scanEnd(
          filter, needs, forward, bound, batch -> consumer.accept(new ShiftedRows(batch, offset)));
    }

    @Override
    public void patterns(LogFilter filter, long step, PatternConsumer counts) {
      segment.patterns(
          filter,
          step,
          (pattern, stream, bucket, rows) -> counts.accept(pattern, stream + offset, bucket, rows));
    }

    @Override
    public boolean patternKeys(PatternKeyConsumer counts) {
      return segment.patternKeys(
          (keys, rows, n, stream) -> counts.accept(keys, rows, n, stream + offset));
    }

    @Override
    public void patternsOf(PatternKeys keys, long step, PatternConsumer counts) {
      segment.patternsOf(
          (of, n, stream, into) -> keys.select(of, n, stream + offset, into),
          step,
          (pattern, stream, bucket, rows) -> counts.accept(pattern, stream + offset, bucket, rows));
    }
  }

  private record ShiftedRows(LogRowBatch rows, int offset) implements LogRowBatch {
    @Override
    public int ranges(int row) {
      return rows.ranges(row);
    }

    @Override
    public int size() {
      return rows.size();
    }

    @Override
    public long time(int row) {
      return rows.time(row);
    }

    @Override
    public int stream(int row) {
      return rows.stream(row) + offset;
    }

    @Override
    public int bodyLength(int row) {
      return rows.bodyLength(row);
    }

    @Override
    public void body(int row, CopyBuffer into) {
      rows.body(row, into);
    }

    @Override
    public boolean metadata(int row, String name, CopyBuffer into) {
      return rows.metadata(row, name, into);
    }

    @Override
    public void forEachMetadata(int row, CopyBuffer into, MetadataConsumer consumer) {
      rows.forEachMetadata(row, into, consumer);
    }

    @Override
    public void times(long[] into) {
      rows.times(into);
    }

    @Override
    public int codedValues(String name) {
      return rows.codedValues(name);
    }

    @Override
    public void codes(String name, int[] into) {
      rows.codes(name, into);
    }
  }

  @Override
  public List<Labels> series(Scope ignored, List<Matcher> matchers, long from, long to) {
    TreeSet<Labels> out = new TreeSet<>();
    for (Scope t : selected(matchers)) {
      for (Labels l : store.series(t, withoutTenant(matchers), from, to)) {
        out.add(labels(l, t.tenant()));
      }
    }
    return new ArrayList<>(out);
  }

  @Override
  public SortedSet<String> labelNames(Scope ignored, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    for (Labels l : series(ignored, matchers, from, to)) {
      l.toList().forEach(label -> out.add(label.name()));
    }
    return out;
  }

  @Override
  public SortedSet<String> labelValues(
      Scope ignored, String name, List<Matcher> matchers, long from, long to) {
    SortedSet<String> out = new TreeSet<>();
    for (Labels l : series(ignored, matchers, from, to)) {
      if (l.has(name)) {
        out.add(l.get(name));
      }
    }
    return out;
  }

  private static UnsupportedOperationException readOnly() {
    return new UnsupportedOperationException("a view of several tenants is read only");
  }

  @Override
  public LogAppendResult append(Scope scope, LogBatch batch) {
    throw readOnly();
  }

  @Override
  public EventDeletion delete(
      Scope scope, String query, List<Matcher> matchers, LogFilter filter, long from, long to) {
    throw readOnly();
  }

  @Override
  public List<EventDeletion> deletions(Scope scope) {
    throw readOnly();
  }

  @Override
  public boolean cancelDeletion(Scope scope, String id) {
    throw readOnly();
  }

  @Override
  public SortedSet<String> tenants() {
    return new TreeSet<>(tenants.stream().map(Scope::tenant).toList());
  }

  /** Does nothing: the store is owned by others. */
  @Override
  public void close() {}
}
