package dev.tethys.store.traces;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.access.Scope;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanFilter;
import dev.tethys.model.traces.SpanSegment;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.SpanValue;
import dev.tethys.model.traces.TraceIds;
import dev.tethys.model.traces.TraceSummaries;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.TraceStoreContract;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Summaries of traces against their definition: in the head, in parts, cut and hidden. */
@Tag("slow")
class TraceSummariesTest {
  private static final long T0 = 1_795_608_000_000_000_000L;
  private static final long SECOND = 1_000_000_000L;
  private static final int TRACES = 100;

  private record Stored(String service, Span span) {}

  private final Random random = new Random(5);
  private final java.util.ArrayList<Stored> stored = new java.util.ArrayList<>();
  private TraceDatabase database;

  @BeforeEach
  void open() throws Exception {
    database =
        TraceDatabase.open(
            new SimulatedFiles(1),
            Path.of("/traces"),
            new TraceOptions(
                EngineOptions.defaults().withBackground(false).withReserveBytes(0),
                TraceLimits.DEFAULTS));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private void append(int spans) {
    TracesData data = new TracesData();
    for (int i = 0; i < spans; i++) {
      String service = random.nextInt(9) == 0 ? "" : "service" + random.nextInt(4);
      ResourceGroup<Span> group = new ResourceGroup<>();
      if (!service.isEmpty()) {
        group.resource().attributes().add("service.name", service);
      }
      ScopeGroup<Span> scope = new ScopeGroup<>();
      long trace = 1 + random.nextInt(TRACES);
      long parent = random.nextInt(3); // often several roots
      long start = T0 + random.nextInt(20) * SECOND;
      Span s = TraceStoreContract.span(trace, 1 + random.nextInt(9), parent, start, "op" + i % 7);
      s.setEndTimeUnixNano(start + random.nextInt(20_000) * 1_000_000L);
      s.setStatusCode(random.nextInt(3));
      scope.items().add(s);
      group.scopes().add(scope);
      data.resources().add(group);
      stored.add(new Stored(service, s));
    }
    database.append(Scope.of("t"), SpanBatch.of(data));
  }

  /** Traces by id, as text. */
  private TreeMap<Long, String> expected(Predicate<Span> visible, long traces) {
    TreeMap<Long, String> out = new TreeMap<>();
    for (long trace = 1; trace <= traces; trace++) {
      long id = trace;
      List<Stored> of =
          stored.stream().filter(s -> s.span.traceIdHigh() == id && visible.test(s.span)).toList();
      if (of.isEmpty()) {
        continue;
      }
      long first = of.stream().mapToLong(s -> s.span.startTimeUnixNano()).min().orElseThrow();
      long last = of.stream().mapToLong(s -> s.span.endTimeUnixNano()).max().orElseThrow();
      TreeMap<String, String> services = new TreeMap<>();
      for (String name : of.stream().map(Stored::service).distinct().toList()) {
        List<Stored> own = of.stream().filter(s -> s.service.equals(name)).toList();
        services.put(
            name, own.size() + "/" + own.stream().filter(s -> s.span.statusCode() == 2).count());
      }
      String root =
          of.stream()
              .filter(s -> s.span.parentSpanId() == 0)
              .min(
                  Comparator.<Stored>comparingLong(s -> s.span.startTimeUnixNano())
                      .thenComparingLong(s -> s.span.spanId())
                      .thenComparingLong(
                          s -> s.span.endTimeUnixNano() - s.span.startTimeUnixNano()))
              .map(s -> s.span.name() + " of " + (s.service.isEmpty() ? null : s.service))
              .orElse("null of null");
      out.put(id, root + " " + first + " " + Math.max(0, last - first) + " " + services);
    }
    return out;
  }

  private TreeMap<Long, String> summaries(long from, long to, long traces) {
    TraceIds ids = new TraceIds();
    TraceSummaries all = new TraceSummaries();
    for (long trace = 1; trace <= traces; trace++) {
      ids.add(trace, ~trace);
      all.addTrace(trace, ~trace);
    }
    try (SpanSelection selection = database.select(Scope.of("t"), from, to)) {
      for (SpanSegment s : selection.segments()) {
        all.merge(s.summaries(ids));
      }
    }
    TreeMap<Long, String> out = new TreeMap<>();
    for (long trace = 1; trace <= traces; trace++) {
      int at = all.find(trace, ~trace);
      if (all.hasSpans(at)) {
        TreeMap<String, String> services = new TreeMap<>();
        all.services(at, (name, spans, errors) -> services.put(name, spans + "/" + errors));
        String root = all.rootName(at) + " of " + all.rootService(at);
        out.put(trace, root + " " + all.start(at) + " " + all.duration(at) + " " + services);
      }
    }
    return out;
  }

  private void check() {
    for (long traces : new long[] {3, TRACES, 3, TRACES}) { // the last two find what was kept
      assertThat(summaries(Long.MIN_VALUE, Long.MAX_VALUE, traces))
          .isEqualTo(expected(s -> true, traces));
      long from = T0 + 4 * SECOND;
      long to = T0 + 9 * SECOND;
      assertThat(summaries(from, to, traces))
          .isEqualTo(
              expected(s -> s.startTimeUnixNano() >= from && s.startTimeUnixNano() < to, traces));
    }
  }

  @Test
  void agreesWithItsDefinitionInTheHead() {
    append(600);
    append(300);
    check();
  }

  @Test
  void agreesWithItsDefinitionInPartsAndTheHead() throws Exception {
    append(600);
    database.flush();
    append(500);
    database.flush();
    append(200);
    check();
  }

  @Test
  void omitsDeletedSpans() throws Exception {
    append(900);
    database.flush();
    check();
    database.delete(
        Scope.of("t"),
        "service1",
        new SpanFilter.Compare(
            dev.tethys.model.traces.SpanField.SERVICE,
            SpanFilter.Operator.EQUAL,
            new SpanValue.Text("service1")),
        Long.MIN_VALUE,
        Long.MAX_VALUE);
    stored.removeIf(s -> s.service.equals("service1"));
    check();
  }
}
