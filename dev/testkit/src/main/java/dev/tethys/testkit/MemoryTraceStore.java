package dev.tethys.testkit;

import dev.tethys.model.access.Scope;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanAppendResult;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.testkit.MemorySpans.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * List-based trace store that tests each span by the definition of a filter. For tests of
 * everything that reads or writes spans, and as the oracle of real stores.
 *
 * <p>Spans are distributed over segments, so a trace is in several of them, and a scan returns a
 * few rows at a time in columns that it overwrites afterwards.
 */
public final class MemoryTraceStore implements TraceStore {
  private static final class Deleted {
    final EventDeletion deletion;
    final Predicate<Row> test;
    final long before;

    Deleted(EventDeletion deletion, Predicate<Row> test, long before) {
      this.deletion = deletion;
      this.test = test;
      this.before = before;
    }

    boolean hides(Row r) {
      return r.sequence() < before
          && r.start() >= deletion.from()
          && r.start() < deletion.to()
          && test.test(r);
    }
  }

  private static final class Tenant {
    final List<Row> rows = new ArrayList<>();
    final List<Deleted> deleted = new ArrayList<>();
  }

  private final int segments;
  private final int batchRows;
  private final TreeMap<String, Tenant> tenants = new TreeMap<>();
  private long sequence;
  private long deletions;
  private long scanned;

  /**
   * Creates a store with several segments and small batches, which exposes mistakes of consumers.
   */
  public MemoryTraceStore() {
    this(3, 5);
  }

  /**
   * @param segments number of segments that spans are dealt out to
   * @param batchRows maximum number of rows of a batch
   */
  public MemoryTraceStore(int segments, int batchRows) {
    this.segments = segments;
    this.batchRows = batchRows;
  }

  /** Returns the number of rows passed on by scans. */
  public synchronized long scanned() {
    return scanned;
  }

  @Override
  public synchronized SpanAppendResult append(Scope scope, SpanBatch batch) {
    Tenant t = tenants.computeIfAbsent(scope.tenant(), k -> new Tenant());
    TracesData data = batch.data().copy();
    int n = 0;
    for (ResourceGroup<Span> r : data.resources()) {
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span span : s.items()) {
          t.rows.add(new Row(sequence++, r, s, span));
          n++;
        }
      }
    }
    return SpanAppendResult.stored(n);
  }

  private List<Row> visible(Scope scope, long from, long to) {
    Tenant t = tenants.get(scope.tenant());
    if (t == null) {
      return List.of();
    }
    List<Row> out = new ArrayList<>();
    for (Row r : t.rows) {
      if (r.start() >= from
          && (r.start() < to || to == Long.MAX_VALUE)
          && t.deleted.stream().noneMatch(d -> d.hides(r))) {
        out.add(r);
      }
    }
    return out;
  }

  @Override
  public synchronized TracesData trace(Scope scope, long high, long low, long from, long to) {
    TracesData out = new TracesData();
    Map<ResourceGroup<Span>, ResourceGroup<Span>> resources = new IdentityHashMap<>();
    Map<ScopeGroup<Span>, ScopeGroup<Span>> scopes = new IdentityHashMap<>();
    for (Row row : visible(scope, from, to)) {
      if (row.span().traceIdHigh() != high || row.span().traceIdLow() != low) {
        continue;
      }
      ResourceGroup<Span> resource =
          resources.computeIfAbsent(
              row.resource(),
              r -> {
                ResourceGroup<Span> c = new ResourceGroup<>();
                c.setUnknownFields(r.unknownFields());
                c.setResource(r.resource().copy());
                c.setSchemaUrl(r.schemaUrl());
                out.resources().add(c);
                return c;
              });
      ScopeGroup<Span> group =
          scopes.computeIfAbsent(
              row.scope(),
              s -> {
                ScopeGroup<Span> c = new ScopeGroup<>();
                c.setUnknownFields(s.unknownFields());
                c.setScope(s.scope().copy());
                c.setSchemaUrl(s.schemaUrl());
                resource.scopes().add(c);
                return c;
              });
      group.items().add(row.span().copy());
    }
    return out;
  }

  @Override
  public synchronized SpanSelection select(Scope scope, long from, long to) {
    List<List<Row>> batches = new ArrayList<>();
    for (int i = 0; i < segments; i++) {
      batches.add(new ArrayList<>());
    }
    for (Row r : visible(scope, from, to)) {
      batches.get((int) (r.sequence() * 31 / 7 % segments)).add(r);
    }
    List<SpanSegment> out = new ArrayList<>();
    for (List<Row> rows : batches) {
      if (!rows.isEmpty()) {
        out.add(new Segment(rows));
      }
    }
    return new SpanSelection() {
      @Override
      public List<SpanSegment> segments() {
        return out;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public synchronized SortedSet<SpanField> attributes(Scope scope, long from, long to) {
    TreeSet<SpanField> out = new TreeSet<>();
    for (Row r : visible(scope, from, to)) {
      addKeys(out, SpanField.Scope.SPAN_ATTRIBUTE, r.span().attributes());
      addKeys(out, SpanField.Scope.RESOURCE_ATTRIBUTE, r.resource().resource().attributes());
      addKeys(out, SpanField.Scope.SCOPE_ATTRIBUTE, r.scope().scope().attributes());
      for (SpanEvent e : r.span().events()) {
        addKeys(out, SpanField.Scope.EVENT_ATTRIBUTE, e.attributes());
      }
      for (SpanLink l : r.span().links()) {
        addKeys(out, SpanField.Scope.LINK_ATTRIBUTE, l.attributes());
      }
    }
    return out;
  }

  private static void addKeys(Set<SpanField> out, SpanField.Scope scope, Attributes attributes) {
    attributes.forEach((k, v) -> out.add(new SpanField(scope, k)));
  }

  @Override
  public synchronized List<SpanValue> values(
      Scope scope, SpanField field, SpanFilter filter, long from, long to, int limit) {
    Predicate<Row> test = MemorySpans.test(filter);
    LinkedHashSet<SpanValue> out = new LinkedHashSet<>();
    for (Row r : visible(scope, from, to)) {
      if (test.test(r)) {
        for (Object v : MemorySpans.values(r, field)) {
          if (v instanceof SpanValue s && out.size() < limit) {
            out.add(s);
          }
        }
      }
    }
    return List.copyOf(out);
  }

  @Override
  public synchronized EventDeletion delete(
      Scope scope, String query, SpanFilter filter, long from, long to) {
    EventDeletion d =
        new EventDeletion(
            Long.toHexString(++deletions), query, from, to, deletions * 1_000_000_000L, false);
    tenants
        .computeIfAbsent(scope.tenant(), k -> new Tenant())
        .deleted
        .add(new Deleted(d, MemorySpans.test(filter), sequence));
    return d;
  }

  @Override
  public synchronized List<EventDeletion> deletions(Scope scope) {
    Tenant t = tenants.get(scope.tenant());
    return t == null ? List.of() : t.deleted.stream().map(d -> d.deletion).toList();
  }

  @Override
  public synchronized boolean cancelDeletion(Scope scope, String id) {
    Tenant t = tenants.get(scope.tenant());
    return t != null && t.deleted.removeIf(d -> d.deletion.id().equals(id));
  }

  @Override
  public synchronized SortedSet<String> tenants() {
    TreeSet<String> out = new TreeSet<>();
    tenants.forEach(
        (name, t) -> {
          if (!t.rows.isEmpty()) {
            out.add(name);
          }
        });
    return out;
  }

  @Override
  public void close() {}

  private synchronized void count(int rows) {
    scanned += rows;
  }

  private final class Segment implements SpanSegment {
    private final List<Row> rows;

    Segment(List<Row> rows) {
      this.rows = rows;
    }

    @Override
    public long firstTime() {
      return rows.stream().mapToLong(Row::start).min().orElseThrow();
    }

    @Override
    public long lastTime() {
      return rows.stream().mapToLong(Row::start).max().orElseThrow();
    }

    @Override
    public long rows() {
      return rows.size();
    }

    @Override
    public void scan(SpanFilter filter, SpanNeeds needs, Consumer<SpanRows> consumer) {
      Predicate<Row> test = MemorySpans.test(filter);
      Batch batch = new Batch(needs);
      List<Row> pending = new ArrayList<>();
      for (Row r : rows) {
        if (test.test(r)) {
          pending.add(r);
          if (pending.size() == batchRows) {
            batch.pass(pending, consumer);
          }
        }
      }
      batch.pass(pending, consumer);
    }
  }

  /** Columns of a scan. */
  private final class Batch {
    private final SpanNeeds needs;
    private final SpanRows out = new SpanRows();
    private final List<Map<String, Integer>> codes = new ArrayList<>();

    Batch(SpanNeeds needs) {
      this.needs = needs;
      int n = batchRows;
      out.traceHigh = new long[needs.traces() ? n : 0];
      out.traceLow = new long[needs.traces() ? n : 0];
      out.spanId = new long[needs.spans() ? n : 0];
      out.parentId = new long[needs.spans() ? n : 0];
      out.start = new long[needs.start() ? n : 0];
      out.duration = new long[needs.duration() ? n : 0];
      out.columns = new SpanColumn[needs.fields().size()];
      for (int i = 0; i < out.columns.length; i++) {
        out.columns[i] = new SpanColumn();
        codes.add(new HashMap<>());
      }
    }

    private record RowIds(List<Row> rows) implements SpanRows.Ids {
      @Override
      public long traceHigh(int row) {
        return rows.get(row).span().traceIdHigh();
      }

      @Override
      public long traceLow(int row) {
        return rows.get(row).span().traceIdLow();
      }

      @Override
      public long spanId(int row) {
        return rows.get(row).span().spanId();
      }
    }

    void pass(List<Row> rows, Consumer<SpanRows> consumer) {
      Cancellation.check();
      if (rows.isEmpty()) {
        return;
      }
      count(rows.size());
      out.count = rows.size();
      out.ids = new RowIds(rows);
      for (int i = 0; i < rows.size(); i++) {
        Row r = rows.get(i);
        if (needs.traces()) {
          out.traceHigh[i] = r.span().traceIdHigh();
          out.traceLow[i] = r.span().traceIdLow();
        }
        if (needs.spans()) {
          out.spanId[i] = r.span().spanId();
          out.parentId[i] = r.span().parentSpanId();
        }
        if (needs.start()) {
          out.start[i] = r.start();
        }
        if (needs.duration()) {
          out.duration[i] = r.duration();
        }
      }
      for (int c = 0; c < out.columns.length; c++) {
        fill(out.columns[c], codes.get(c), needs.fields().get(c), rows);
      }
      consumer.accept(out);
      rows.clear();
      for (SpanColumn c : out.columns) {
        Arrays.fill(c.types, (byte) 99);
        Arrays.fill(c.bits, Long.MIN_VALUE);
      }
    }

    private void fill(SpanColumn c, Map<String, Integer> codes, SpanField field, List<Row> rows) {
      List<List<Object>> values = rows.stream().map(r -> MemorySpans.values(r, field)).toList();
      int total = values.stream().mapToInt(List::size).sum();
      boolean several = field.scope().isRepeated() || values.stream().anyMatch(v -> v.size() > 1);
      int slots = several ? total : rows.size();
      c.types = new byte[slots];
      c.bits = new long[slots];
      int[] offsets = new int[rows.size() + 1];
      int at = 0;
      for (int i = 0; i < rows.size(); i++) {
        offsets[i] = at;
        if (values.get(i).isEmpty() && !several) {
          c.types[at++] = SpanColumn.ABSENT;
        }
        for (Object v : values.get(i)) {
          set(c, codes, at++, v);
        }
      }
      offsets[rows.size()] = at;
      c.offsets = several ? offsets : null;
    }

    private void set(SpanColumn c, Map<String, Integer> codes, int at, Object v) {
      switch (v) {
        case SpanValue.Text t -> {
          int code = codes.computeIfAbsent(t.value(), k -> codes.size());
          if (code >= c.strings.length) {
            c.strings = Arrays.copyOf(c.strings, Math.max(4, 2 * code));
          }
          c.strings[code] = t.value();
          c.types[at] = SpanColumn.STRING;
          c.bits[at] = code;
        }
        case SpanValue.Int n -> {
          c.types[at] = SpanColumn.INT;
          c.bits[at] = n.value();
        }
        case SpanValue.Real n -> {
          c.types[at] = SpanColumn.DOUBLE;
          c.bits[at] = Double.doubleToRawLongBits(n.value());
        }
        case SpanValue.Bool b -> {
          c.types[at] = SpanColumn.BOOL;
          c.bits[at] = b.value() ? 1 : 0;
        }
        default -> c.types[at] = SpanColumn.OTHER;
      }
    }
  }
}
