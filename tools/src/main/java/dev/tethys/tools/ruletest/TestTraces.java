package dev.tethys.tools.ruletest;

import dev.tethys.model.access.Scope;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanAppendResult;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.query.traceql.TraceLimits;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.store.traces.TraceDatabase;
import dev.tethys.store.traces.TraceOptions;
import dev.tethys.tools.ruletest.UnitTestFile.InputTraces;
import dev.tethys.tools.ruletest.UnitTestFile.TestGroup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Spans of a test, in a trace store in a temporary folder. The store is opened when the test has
 * spans or a rule queries them.
 */
final class TestTraces implements AutoCloseable {
  /** Maximum number of spans of one test. */
  private static final long MAX_SPANS = 1_000_000;

  private @Nullable Path folder;
  private @Nullable TraceDatabase database;
  private long spans;

  /** Queries over the spans. */
  TraceQueries queries() {
    return new TraceQueries(open(), Runnable::run, 1, TraceLimits.DEFAULT);
  }

  private TraceDatabase open() {
    TraceDatabase d = database;
    if (d == null) {
      try {
        Path at = Files.createTempDirectory("tethys-test-traces");
        folder = at;
        d = TraceDatabase.open(new RealFiles(), at, TraceOptions.DEFAULTS);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      database = d;
    }
    return d;
  }

  /** Stores the spans of a test and returns the problem of the first item that is not valid. */
  List<String> store(TestGroup test) {
    int number = 0;
    for (InputTraces in : test.traces()) {
      number++;
      String problem = store(test, in);
      if (problem != null) {
        return List.of("    input_traces " + number + ": " + problem);
      }
    }
    return List.of();
  }

  private @Nullable String store(TestGroup test, InputTraces in) {
    if (in.service().isEmpty()) {
      return "service is empty; it is required";
    }
    if (in.repeat() < 0 || in.repeat() > MAX_SPANS - spans) {
      return "repeat is " + in.repeat() + "; a test can have 0 to " + MAX_SPANS + " spans";
    }
    if (in.repeat() == 0) {
      return null;
    }
    ResourceGroup<Span> resource = new ResourceGroup<>();
    resource.resource().attributes().put("service.name", in.service());
    in.resource().forEach(resource.resource().attributes()::put);
    ScopeGroup<Span> scope = new ScopeGroup<>();
    resource.scopes().add(scope);
    long nanos = Math.multiplyExact(test.start().plus(in.at()).toEpochMilli(), 1_000_000L);
    for (long i = 0; i < in.repeat(); i++) {
      Span s = new Span();
      spans++;
      s.setTraceId(1, spans);
      s.setSpanId(spans);
      s.setName(in.name());
      s.setKind(in.kind().code());
      s.setStatusCode(in.status().code());
      s.setStartTimeUnixNano(nanos);
      s.setEndTimeUnixNano(Math.addExact(nanos, in.duration().toNanos()));
      in.attributes().forEach(s.attributes()::put);
      scope.items().add(s);
      nanos = Math.addExact(nanos, in.every().toNanos());
    }
    TracesData data = new TracesData();
    data.resources().add(resource);
    SpanAppendResult result = open().append(Scope.of(in.tenant()), SpanBatch.of(data));
    return result.refusals().isEmpty() ? null : result.refusals().getFirst().message();
  }

  @Override
  public void close() {
    if (database != null) {
      database.close();
    }
    if (folder != null) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path p : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(p);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
