package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.EventDeletion;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanColumn;
import dev.tethys.model.traces.SpanField;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanFilter.Operator;
import dev.tethys.model.traces.SpanNeeds;
import dev.tethys.model.traces.SpanRows;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.model.traces.TraceStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Behaviour of every {@link TraceStore}. The test of a store extends this and creates an empty one;
 * a store with several places for spans runs it once with the spans in each.
 */
public abstract class TraceStoreContract {
  /** 2026-11-25T12:00:00Z in Unix nanoseconds. */
  protected static final long T0 = 1_795_608_000_000_000_000L;

  protected static final long SECOND = 1_000_000_000L;
  protected static final Scope SCOPE = Scope.DEFAULT;
  private static final SpanField ORDER = SpanField.span("app.order.id");
  private static final SpanField CODE = SpanField.span("http.response.status_code");

  /** Store under test. */
  protected TraceStore store;

  /** Creates an empty store. */
  protected abstract TraceStore open() throws Exception;

  /** Called between writing and reading. */
  protected void settle() throws Exception {}

  @BeforeEach
  void openStore() throws Exception {
    store = open();
  }

  @AfterEach
  void closeStore() {
    store.close();
  }

  // ---- data

  /** Returns a span with a resource of its own group. */
  public static TracesData one(String service, Span span) {
    TracesData data = new TracesData();
    ResourceGroup<Span> group = new ResourceGroup<>();
    group.resource().attributes().add("service.name", service);
    ScopeGroup<Span> scope = new ScopeGroup<>();
    scope.scope().setName("lib");
    scope.items().add(span);
    group.scopes().add(scope);
    data.resources().add(group);
    return data;
  }

  /** Returns a span that lasts one second. */
  public static Span span(long trace, long id, long parent, long start, String name) {
    Span s = new Span();
    s.setTraceId(trace, ~trace);
    s.setSpanId(id);
    s.setParentSpanId(parent);
    s.setStartTimeUnixNano(start);
    s.setEndTimeUnixNano(start + SECOND);
    s.setName(name);
    s.setKind(2);
    return s;
  }

  /** Spans with every field and type of attribute, from a seed. */
  public static TracesData random(Random rnd, int spans) {
    TracesData data = new TracesData();
    ScopeGroup<Span> scope = null;
    for (int i = 0; i < spans; i++) {
      if (scope == null || rnd.nextInt(4) == 0) {
        ResourceGroup<Span> group = new ResourceGroup<>();
        int service = rnd.nextInt(3);
        group.resource().attributes().add("service.name", "service" + service);
        group.resource().attributes().add("host", value(new Random(service), 0));
        group.resource().setDroppedAttributesCount(service);
        group.setSchemaUrl(service == 1 ? "https://example/1" : "");
        group.setUnknownFields(service == 2 ? new byte[] {(byte) 0xa0, 1, 7} : null);
        data.resources().add(group);
        scope = new ScopeGroup<>();
        int lib = rnd.nextInt(3);
        scope.scope().setName(lib == 0 ? "" : "lib" + lib);
        scope.scope().setVersion(lib == 1 ? "1.2" : "");
        if (lib == 2) {
          scope.scope().attributes().add("scope.attr", 7L);
        }
        group.scopes().add(scope);
      }
      scope.items().add(randomSpan(rnd));
    }
    return data;
  }

  private static Span randomSpan(Random rnd) {
    long trace = rnd.nextInt(8) + 1;
    long start = T0 + rnd.nextInt(1000) * SECOND / 7;
    Span s = span(trace, rnd.nextInt(40) + 1, rnd.nextInt(40), start, "op" + rnd.nextInt(5));
    s.setEndTimeUnixNano(start + rnd.nextLong(-1000, 5 * SECOND));
    s.setKind(rnd.nextInt(6));
    s.setStatusCode(rnd.nextInt(3));
    s.setStatusMessage(rnd.nextInt(3) == 0 ? "failed: " + rnd.nextInt(3) : "");
    s.setTraceState(rnd.nextInt(4) == 0 ? "ot=th:8" : "");
    s.setFlags(rnd.nextInt(3) == 0 ? 0x101 : 0);
    s.setDroppedAttributesCount(rnd.nextInt(5) == 0 ? -1 : 0);
    s.setDroppedEventsCount(rnd.nextInt(5) == 0 ? 3 : 0);
    s.setDroppedLinksCount(rnd.nextInt(5) == 0 ? 4 : 0);
    s.setUnknownFields(rnd.nextInt(5) == 0 ? new byte[] {(byte) 0xa0, 1, 5} : null);
    attributes(rnd, s.attributes());
    for (int i = rnd.nextInt(3); i > 0; i--) {
      SpanEvent e = new SpanEvent();
      e.setTimeUnixNano(start + rnd.nextInt(100));
      e.setName("event" + rnd.nextInt(3));
      e.setDroppedAttributesCount(rnd.nextInt(2));
      e.setUnknownFields(rnd.nextInt(5) == 0 ? new byte[] {(byte) 0xa0, 1, 6} : null);
      attributes(rnd, e.attributes());
      s.events().add(e);
    }
    for (int i = rnd.nextInt(3); i > 0; i--) {
      SpanLink l = new SpanLink();
      l.setTraceId(rnd.nextInt(3) + 1L, ~(rnd.nextInt(3) + 1L));
      l.setSpanId(rnd.nextInt(40));
      l.setTraceState(rnd.nextInt(3) == 0 ? "a=b" : "");
      l.setFlags(rnd.nextInt(2));
      l.setDroppedAttributesCount(rnd.nextInt(2));
      attributes(rnd, l.attributes());
      s.links().add(l);
    }
    return s;
  }

  private static void attributes(Random rnd, Attributes to) {
    for (int i = rnd.nextInt(6); i > 0; i--) {
      to.add("key" + rnd.nextInt(6), value(rnd, 0));
    }
    if (rnd.nextInt(50) == 0) {
      to.add("rare" + rnd.nextInt(1000), value(rnd, 0));
    }
  }

  private static @Nullable Object value(Random rnd, int depth) {
    return switch (rnd.nextInt(depth > 2 ? 6 : 12)) {
      case 0, 8 -> "text " + rnd.nextInt(4);
      case 1, 9 -> rnd.nextLong(-3, 4);
      case 2 -> rnd.nextInt(8) / 4.0;
      case 3 -> rnd.nextBoolean();
      case 4 -> rnd.nextBoolean() ? rnd.nextDouble() : Double.NaN;
      case 5 -> "id-" + Long.toHexString(rnd.nextLong());
      case 6 -> {
        ArrayValue a = new ArrayValue();
        for (int i = rnd.nextInt(4); i > 0; i--) {
          a.add(value(rnd, depth + 1));
        }
        yield a;
      }
      case 7 -> {
        Attributes a = new Attributes();
        a.add("inner", value(rnd, depth + 1));
        yield a;
      }
      case 10 -> new byte[] {1, (byte) rnd.nextInt()};
      default -> rnd.nextBoolean() ? null : rnd.nextLong();
    };
  }

  /** Spans of a tree as text, sorted, with their resource and scope; equal if they are the same. */
  public static List<String> texts(TracesData data) {
    List<String> out = new ArrayList<>();
    for (ResourceGroup<Span> r : data.resources()) {
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span span : s.items()) {
          out.add(
              text(r.resource().attributes())
                  + r.resource().droppedAttributesCount()
                  + r.schemaUrl()
                  + Arrays.toString(r.unknownFields())
                  + Arrays.toString(r.resource().unknownFields())
                  + " | "
                  + s.scope().name()
                  + s.scope().version()
                  + text(s.scope().attributes())
                  + s.schemaUrl()
                  + " | "
                  + text(span));
        }
      }
    }
    out.sort(null);
    return out;
  }

  private static String text(Span s) {
    StringBuilder out = new StringBuilder();
    HexFormat hex = HexFormat.of();
    out.append(hex.toHexDigits(s.traceIdHigh())).append(hex.toHexDigits(s.traceIdLow()));
    out.append(' ').append(hex.toHexDigits(s.spanId()));
    out.append(' ').append(hex.toHexDigits(s.parentSpanId()));
    out.append(' ').append(s.startTimeUnixNano()).append(' ').append(s.endTimeUnixNano());
    out.append(' ').append(s.name()).append(' ').append(s.kind()).append(' ');
    out.append(s.statusCode()).append(s.statusMessage()).append(' ').append(s.traceState());
    out.append(' ').append(s.flags()).append(' ').append(s.droppedAttributesCount());
    out.append(' ').append(s.droppedEventsCount()).append(' ').append(s.droppedLinksCount());
    out.append(Arrays.toString(s.unknownFields())).append(text(s.attributes()));
    for (SpanEvent e : s.hasEvents() ? s.events() : List.<SpanEvent>of()) {
      out.append(" event ").append(e.timeUnixNano()).append(e.name());
      out.append(e.droppedAttributesCount()).append(Arrays.toString(e.unknownFields()));
      out.append(text(e.attributes()));
    }
    for (SpanLink l : s.hasLinks() ? s.links() : List.<SpanLink>of()) {
      out.append(" link ").append(l.traceIdHigh()).append('/').append(l.traceIdLow());
      out.append('/').append(l.spanId()).append(l.traceState()).append(l.flags());
      out.append(l.droppedAttributesCount()).append(text(l.attributes()));
    }
    return out.toString();
  }

  private static String text(Attributes attributes) {
    StringBuilder out = new StringBuilder("{");
    attributes.forEach((k, v) -> out.append(k).append('=').append(text(v)).append(','));
    return out.append('}').toString();
  }

  private static String text(@Nullable Object v) {
    return switch (v) {
      case null -> "null";
      case byte[] b -> Arrays.toString(b);
      case Attributes a -> text(a);
      case ArrayValue a -> {
        StringBuilder out = new StringBuilder("[");
        for (int i = 0; i < a.size(); i++) {
          out.append(text(a.get(i))).append(',');
        }
        yield out.append(']').toString();
      }
      default -> v.getClass().getSimpleName() + v;
    };
  }

  /** Rows of a scan as text, sorted. */
  protected static List<String> scan(
      TraceStore of, SpanFilter filter, List<SpanField> fields, long from, long to) {
    return scan(of, SCOPE, filter, fields, from, to);
  }

  private static List<String> scan(
      TraceStore of, Scope scope, SpanFilter filter, List<SpanField> fields, long from, long to) {
    List<String> out = new ArrayList<>();
    SpanNeeds needs = new SpanNeeds(true, true, true, true, fields);
    try (SpanSelection selection = of.select(scope, from, to)) {
      for (SpanSegment s : selection.segments()) {
        s.scan(filter, needs, rows -> read(rows, fields, out));
      }
    }
    out.sort(null);
    return out;
  }

  private static void read(SpanRows rows, List<SpanField> fields, List<String> out) {
    for (int r = 0; r < rows.count; r++) {
      assertThat(List.of(rows.traceHigh(r), rows.traceLow(r), rows.spanId(r)))
          .as("ids of a single row")
          .isEqualTo(List.of(rows.traceHigh[r], rows.traceLow[r], rows.spanId[r]));
      StringBuilder b = new StringBuilder();
      b.append(rows.traceHigh[r]).append('/').append(rows.traceLow[r]).append('/');
      b.append(rows.spanId[r]).append('/').append(rows.parentId[r]).append('/');
      b.append(rows.start[r]).append('+').append(rows.duration[r]);
      for (int f = 0; f < fields.size(); f++) {
        SpanColumn c = rows.columns[f];
        int from = c.offsets == null ? r : c.offsets[r];
        int to = c.offsets == null ? r + 1 : c.offsets[r + 1];
        b.append(' ').append(fields.get(f)).append('=');
        for (int i = from; i < to; i++) {
          b.append(
              switch (c.types[i]) {
                case SpanColumn.ABSENT -> "";
                case SpanColumn.STRING -> "'" + c.strings[(int) c.bits[i]] + "' ";
                case SpanColumn.INT -> c.bits[i] + " ";
                case SpanColumn.DOUBLE -> Double.longBitsToDouble(c.bits[i]) + " ";
                case SpanColumn.BOOL -> c.bits[i] != 0 ? "true " : "false ";
                default -> "other ";
              });
        }
      }
      out.add(b.toString());
    }
  }

  private List<String> names(SpanFilter filter) {
    List<String> out = new ArrayList<>();
    SpanField name = SpanField.intrinsic(SpanField.Scope.NAME);
    try (SpanSelection selection = store.select(SCOPE, Long.MIN_VALUE, Long.MAX_VALUE)) {
      for (SpanSegment s : selection.segments()) {
        s.scan(
            filter,
            new SpanNeeds(false, false, false, false, List.of(name)),
            rows -> {
              SpanColumn c = rows.columns[0];
              for (int r = 0; r < rows.count; r++) {
                out.add(c.strings[(int) c.bits[r]]);
              }
            });
      }
    }
    out.sort(null);
    return out;
  }

  private static SpanFilter is(SpanField field, SpanValue value) {
    return new SpanFilter.Compare(field, Operator.EQUAL, value);
  }

  private void append(TracesData data) {
    assertThat(store.append(SCOPE, SpanBatch.of(data)).refused()).isZero();
  }

  // ---- tests

  @Test
  void returnsASpanWithAllThatWasSent() throws Exception {
    TracesData data = random(new Random(7), 400);
    append(data);
    settle();
    List<String> found = new ArrayList<>();
    for (long trace = 1; trace <= 8; trace++) {
      found.addAll(texts(store.trace(SCOPE, trace, ~trace, Long.MIN_VALUE, Long.MAX_VALUE)));
    }
    found.sort(null);
    assertThat(found).isEqualTo(texts(data));
  }

  @Test
  void findsTheSpansOfATraceOverSeveralAppends() throws Exception {
    append(one("a", span(1, 1, 0, T0, "root")));
    append(one("b", span(2, 2, 0, T0, "other")));
    settle();
    append(one("b", span(1, 3, 1, T0 + 5, "child")));
    append(one("b", span(1, 3, 1, T0 + 5, "child")));
    TracesData found = store.trace(SCOPE, 1, ~1L, Long.MIN_VALUE, Long.MAX_VALUE);
    assertThat(found.itemCount()).isEqualTo(3);
    assertThat(store.trace(SCOPE, 1, ~1L, T0 + 1, T0 + 6).itemCount()).isEqualTo(2);
    assertThat(store.trace(SCOPE, 3, ~3L, Long.MIN_VALUE, Long.MAX_VALUE).itemCount()).isZero();
    assertThat(store.trace(Scope.of("other"), 1, ~1L, Long.MIN_VALUE, Long.MAX_VALUE).itemCount())
        .isZero();
  }

  @Test
  void selectsByTime() throws Exception {
    for (int i = 0; i < 10; i++) {
      append(one("a", span(i + 1, 1, 0, T0 + i, "n" + i)));
    }
    settle();
    SpanNeeds none = new SpanNeeds(false, false, true, false, List.of());
    List<Long> starts = new ArrayList<>();
    try (SpanSelection s = store.select(SCOPE, T0 + 3, T0 + 6)) {
      for (SpanSegment segment : s.segments()) {
        assertThat(segment.firstTime()).isLessThanOrEqualTo(segment.lastTime());
        segment.scan(
            SpanFilter.ALL,
            none,
            rows -> {
              for (int r = 0; r < rows.count; r++) {
                starts.add(rows.start[r]);
              }
            });
      }
    }
    assertThat(starts).containsExactlyInAnyOrder(T0 + 3, T0 + 4, T0 + 5);
  }

  @Test
  void comparesNumbersByValueAndTypesApart() throws Exception {
    Object[] values = {500L, 500.0, "500", 499L, 500.5, true, Double.NaN, 1L << 53};
    for (int i = 0; i < values.length; i++) {
      Span s = span(1, i + 1, 0, T0, "n" + i);
      s.attributes().add(CODE.name(), values[i]);
      append(one("a", s));
    }
    append(one("a", span(1, 99, 0, T0, "absent")));
    settle();
    assertThat(names(is(CODE, new SpanValue.Int(500)))).containsExactly("n0", "n1");
    assertThat(names(is(CODE, new SpanValue.Real(500)))).containsExactly("n0", "n1");
    assertThat(names(is(CODE, new SpanValue.Text("500")))).containsExactly("n2");
    assertThat(names(is(CODE, new SpanValue.Bool(true)))).containsExactly("n5");
    assertThat(names(new SpanFilter.Compare(CODE, Operator.GREATER, new SpanValue.Real(499.5))))
        .containsExactly("n0", "n1", "n4", "n7");
    assertThat(names(new SpanFilter.Compare(CODE, Operator.LESS, new SpanValue.Int(500))))
        .containsExactly("n3");
    assertThat(names(new SpanFilter.Compare(CODE, Operator.NOT_EQUAL, new SpanValue.Int(500))))
        .containsExactly("n3", "n4", "n6", "n7");
    assertThat(names(is(CODE, new SpanValue.Real((1L << 53) + 0.0)))).containsExactly("n7");
    assertThat(names(new SpanFilter.Not(new SpanFilter.Present(CODE)))).containsExactly("absent");
  }

  @Test
  void fallsBackToTheResourceForAnyAttribute() throws Exception {
    Span s = span(1, 1, 0, T0, "own");
    s.attributes().add("service.name", "mine");
    append(one("a", s));
    append(one("a", span(1, 2, 0, T0, "inherited")));
    Span empty = span(1, 3, 0, T0, "empty");
    empty.attributes().add("service.name", null);
    append(one("a", empty));
    settle();
    SpanField any = new SpanField(SpanField.Scope.ANY_ATTRIBUTE, "service.name");
    assertThat(names(is(any, new SpanValue.Text("mine")))).containsExactly("own");
    assertThat(names(is(any, new SpanValue.Text("a")))).containsExactly("inherited");
    assertThat(names(new SpanFilter.Present(any))).containsExactly("inherited", "own");
  }

  @Test
  void findsSpansOfASetOfTraces() throws Exception {
    for (int i = 1; i <= 20; i++) {
      append(one("a", span(i, 1, 0, T0, "n" + i)));
    }
    settle();
    TraceIds ids = new TraceIds();
    ids.add(3, ~3L);
    ids.add(77, ~77L);
    assertThat(names(new SpanFilter.OfTraces(ids))).containsExactly("n3");
    SpanField id = SpanField.intrinsic(SpanField.Scope.TRACE_ID);
    String text = HexFormat.of().toHexDigits(5L) + HexFormat.of().toHexDigits(~5L);
    assertThat(names(is(id, new SpanValue.Text(text)))).containsExactly("n5");
  }

  @Test
  void agreesWithTheDefinitionOfFiltersAndColumns() throws Exception {
    Random rnd = new Random(11);
    try (MemoryTraceStore oracle = new MemoryTraceStore()) {
      for (int i = 0; i < 10; i++) {
        TracesData data = random(rnd, 60);
        append(data);
        oracle.append(SCOPE, SpanBatch.of(data));
        if (i == 6) {
          settle();
        }
      }
      for (int i = 0; i < 300; i++) {
        SpanFilter filter = filter(rnd, 3);
        List<SpanField> fields = new ArrayList<>();
        for (int n = rnd.nextInt(4); n > 0; n--) {
          fields.add(field(rnd));
        }
        long from = rnd.nextBoolean() ? Long.MIN_VALUE : T0 + rnd.nextInt(100) * SECOND;
        long to = rnd.nextBoolean() ? Long.MAX_VALUE : T0 + rnd.nextInt(150) * SECOND;
        assertThat(scan(store, filter, fields, from, to))
            .as("%s", filter)
            .isEqualTo(scan(oracle, filter, fields, from, to));
        if (i % 10 == 0) {
          SpanField f = field(rnd);
          assertThat(store.values(SCOPE, f, filter, from, to, 1000))
              .as("%s of %s", f, filter)
              .containsExactlyInAnyOrderElementsOf(oracle.values(SCOPE, f, filter, from, to, 1000));
        }
      }
      assertThat(store.attributes(SCOPE, Long.MIN_VALUE, Long.MAX_VALUE))
          .isEqualTo(oracle.attributes(SCOPE, Long.MIN_VALUE, Long.MAX_VALUE));
    }
  }

  @Test
  void answersOfSeveralTenantsEqualWhatWasSent() throws Exception {
    List<String> tenants = List.of(SCOPE.tenant(), "other", "third");
    try (MemoryTraceStore oracle = new MemoryTraceStore()) {
      for (int round = 0; round < 4; round++) {
        for (String tenant : tenants) {
          TracesData data = random(new Random(round * 31 + tenant.hashCode()), 80);
          assertThat(store.append(Scope.of(tenant), SpanBatch.of(data)).refused()).isZero();
          oracle.append(Scope.of(tenant), SpanBatch.of(data));
        }
        if (round < 3) {
          settle(); // the last spans stay where they were written
        }
        Random rnd = new Random(round);
        for (int i = 0; i < 40; i++) {
          String tenant = tenants.get(i % tenants.size());
          SpanFilter filter = filter(rnd, 2);
          List<SpanField> fields = List.of(field(rnd), field(rnd), field(rnd));
          assertThat(scan(store, Scope.of(tenant), filter, fields, Long.MIN_VALUE, Long.MAX_VALUE))
              .as("%s %s of round %d", tenant, filter, round)
              .isEqualTo(
                  scan(oracle, Scope.of(tenant), filter, fields, Long.MIN_VALUE, Long.MAX_VALUE));
        }
        for (String tenant : tenants) {
          for (long id = 1; id <= 8; id++) {
            assertThat(
                    texts(store.trace(Scope.of(tenant), id, ~id, Long.MIN_VALUE, Long.MAX_VALUE)))
                .isEqualTo(
                    texts(oracle.trace(Scope.of(tenant), id, ~id, Long.MIN_VALUE, Long.MAX_VALUE)));
          }
        }
      }
    }
  }

  private static SpanField field(Random rnd) {
    SpanField.Scope[] scopes = SpanField.Scope.values();
    SpanField.Scope scope = scopes[rnd.nextInt(scopes.length)];
    if (!scope.isAttribute()) {
      return SpanField.intrinsic(scope);
    }
    String[] keys = {"service.name", "host", "scope.attr"};
    int k = rnd.nextInt(9);
    return new SpanField(scope, k < 6 ? "key" + k : keys[k - 6]);
  }

  private static SpanFilter filter(Random rnd, int depth) {
    return switch (rnd.nextInt(depth > 0 ? 8 : 5)) {
      case 0 -> new SpanFilter.Present(field(rnd));
      case 1 -> new SpanFilter.Matches(field(rnd), rnd.nextBoolean() ? "te.*[12]" : "op1|lib.*");
      case 5 -> new SpanFilter.Not(filter(rnd, depth - 1));
      case 6 -> new SpanFilter.And(List.of(filter(rnd, depth - 1), filter(rnd, depth - 1)));
      case 7 -> new SpanFilter.Or(List.of(filter(rnd, depth - 1), filter(rnd, depth - 1)));
      default -> {
        Operator op = Operator.values()[rnd.nextInt(6)];
        SpanValue value =
            switch (rnd.nextInt(4)) {
              case 0 -> new SpanValue.Text(rnd.nextBoolean() ? "text 2" : "service1");
              case 1 -> new SpanValue.Int(rnd.nextLong(-2, 4));
              case 2 -> new SpanValue.Real(rnd.nextInt(8) / 4.0);
              default -> new SpanValue.Bool(rnd.nextBoolean());
            };
        yield new SpanFilter.Compare(field(rnd), op, value);
      }
    };
  }

  @Test
  void keepsALargeTrace() throws Exception {
    int spans = 20_000;
    TracesData data = new TracesData();
    ResourceGroup<Span> group = new ResourceGroup<>();
    ScopeGroup<Span> scope = new ScopeGroup<>();
    group.scopes().add(scope);
    data.resources().add(group);
    for (int i = 0; i < spans; i++) {
      Span s = span(1, i + 1, i / 2, T0 + i, "op" + i % 10);
      s.attributes().add(ORDER.name(), "order-" + i);
      scope.items().add(s);
    }
    append(data);
    append(one("a", span(2, 1, 0, T0, "small")));
    settle();
    TracesData found = store.trace(SCOPE, 1, ~1L, Long.MIN_VALUE, Long.MAX_VALUE);
    assertThat(texts(found)).isEqualTo(texts(data));
    assertThat(names(is(ORDER, new SpanValue.Text("order-777")))).containsExactly("op7");
  }

  @Test
  void deletesWhatFitsNow() throws Exception {
    append(one("a", span(1, 1, 0, T0, "gone")));
    append(one("a", span(2, 1, 0, T0, "kept")));
    append(one("a", span(3, 1, 0, T0 + 5 * SECOND, "late")));
    settle();
    SpanField name = SpanField.intrinsic(SpanField.Scope.NAME);
    SpanFilter filter = new SpanFilter.Matches(name, "gone|late");
    EventDeletion deletion = store.delete(SCOPE, "{ }", filter, T0, T0 + SECOND);
    append(one("a", span(4, 1, 0, T0, "gone")));
    settle();
    assertThat(names(SpanFilter.ALL)).containsExactly("gone", "kept", "late");
    assertThat(store.trace(SCOPE, 1, ~1L, Long.MIN_VALUE, Long.MAX_VALUE).itemCount()).isZero();
    assertThat(store.trace(SCOPE, 4, ~4L, Long.MIN_VALUE, Long.MAX_VALUE).itemCount()).isOne();
    assertThat(store.deletions(SCOPE)).extracting(EventDeletion::id).contains(deletion.id());
    assertThat(store.deletions(Scope.of("other"))).isEmpty();
  }

  @Test
  void takesADeletionBack() throws Exception {
    append(one("a", span(1, 1, 0, T0, "n")));
    settle();
    EventDeletion d = store.delete(SCOPE, "{ }", SpanFilter.ALL, Long.MIN_VALUE, Long.MAX_VALUE);
    assertThat(names(SpanFilter.ALL)).isEmpty();
    if (store.cancelDeletion(SCOPE, d.id())) {
      assertThat(names(SpanFilter.ALL)).containsExactly("n");
    }
    assertThat(store.cancelDeletion(SCOPE, "absent")).isFalse();
  }

  @Test
  void keepsTenantsApart() throws Exception {
    TreeMap<String, String> names = new TreeMap<>();
    for (String tenant : List.of("a", "b/../c", "B")) {
      store.append(Scope.of(tenant), SpanBatch.of(one("s", span(1, 1, 0, T0, "of " + tenant))));
      names.put(tenant, "of " + tenant);
    }
    settle();
    assertThat(store.tenants()).isEqualTo(names.navigableKeySet());
    for (String tenant : names.keySet()) {
      TracesData found = store.trace(Scope.of(tenant), 1, ~1L, Long.MIN_VALUE, Long.MAX_VALUE);
      assertThat(found.resources().getFirst().scopes().getFirst().items().getFirst().name())
          .isEqualTo(names.get(tenant));
    }
  }

  @Test
  void limitsValues() throws Exception {
    for (int i = 0; i < 30; i++) {
      Span s = span(i + 1, 1, 0, T0, "n");
      s.attributes().add(ORDER.name(), "order-" + i % 15);
      append(one("a", s));
    }
    settle();
    long all = Long.MAX_VALUE;
    assertThat(store.values(SCOPE, ORDER, SpanFilter.ALL, Long.MIN_VALUE, all, 100)).hasSize(15);
    assertThat(store.values(SCOPE, ORDER, SpanFilter.ALL, Long.MIN_VALUE, all, 4)).hasSize(4);
    assertThat(store.attributes(SCOPE, Long.MIN_VALUE, all)).contains(ORDER, SpanField.SERVICE);
  }
}
