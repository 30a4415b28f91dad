package dev.tethys.app.collector;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces that wait for their decision while a collector is given another configuration or ends. */
class TailSamplingRoleTest {
  private static final String STORE = "store";

  @TempDir @Nullable Path folder;

  private final HandReceiver hand = new HandReceiver(Signal.TRACES);
  private final List<Span> taken = new CopyOnWriteArrayList<>();

  private final class Shelf implements ExporterFactory<String> {
    @Override
    public String type() {
      return "shelf";
    }

    @Override
    public String about() {
      return "What a test looks at.";
    }

    @Override
    public Type<String> settings() {
      return new Section("shelf", "Nothing.").type(o -> "");
    }

    @Override
    public Set<Signal> signals() {
      return Set.of(Signal.TRACES);
    }

    @Override
    public Exporter create(String s, Signal signal, Context context) {
      return (batch, ack) -> {
        TracesData d = new OtlpReader().traces(batch.body(), 0, batch.body().length);
        d.resources().forEach(r -> r.scopes().forEach(x -> taken.addAll(x.items())));
        ack.complete(Outcome.ACCEPTED);
      };
    }
  }

  private Path file() {
    return Objects.requireNonNull(folder).resolve("collector.yaml");
  }

  private Path store(String name) {
    return Objects.requireNonNull(folder).resolve(name);
  }

  private CollectorRole role(String store) {
    List<ComponentFactory<?>> all = new ArrayList<>(BuiltIn.components().all());
    all.add(hand);
    all.add(new Shelf());
    return new CollectorRole(
        new ConfigSources(
            List.of(file().toString()), List.of(), Map.of("STORE", store(store).toString())::get),
        new Components(all),
        false,
        false);
  }

  private void write(String sampling, String pipelines, String connectors) throws Exception {
    Files.writeString(
        file(),
        """
        extensions: {file_storage: {directory: "${STORE}"}}
        receivers: {hand: }
        processors: {tail_sampling: %s}
        exporters: {shelf: }
        connectors: %s
        service:
          extensions: [file_storage]
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}}
          pipelines: %s
        """
            .formatted(sampling, connectors, pipelines));
  }

  private List<Outcome> send(long trace) {
    Span s = new Span();
    s.setTraceId(1, trace);
    s.setSpanId(1);
    s.setName("work");
    TracesData d = new TracesData();
    ResourceGroup<Span> r = new ResourceGroup<>();
    ScopeGroup<Span> scope = new ScopeGroup<>();
    scope.items().add(s);
    r.scopes().add(scope);
    d.resources().add(r);
    List<Outcome> told = new CopyOnWriteArrayList<>();
    Objects.requireNonNull(hand.input())
        .consume(
            new Batch(Signal.TRACES, Encoding.OTLP, new OtlpWriter().write(d), 1, 0), told::add);
    return told;
  }

  private static String ask(CollectorRole r, String method, String path) throws Exception {
    try (HttpClient c = HttpClient.newHttpClient()) {
      return c.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + r.port() + path))
                  .method(method, HttpRequest.BodyPublishers.noBody())
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void reloadedPoliciesDecideWaitingTraces() throws Exception {
    String pipelines =
        "{traces: {receivers: [hand], processors: [tail_sampling], exporters: [shelf]}}";
    write(
        "{acknowledge: when_decided, decision_wait: 10m, policies: [{name: few, type: span_count, span_count: {min_spans:"
            + " 9}}]}",
        pipelines,
        "{}");
    try (CollectorRole r = role(STORE)) {
      r.start();
      List<Outcome> told = send(1);
      write(
          "{acknowledge: when_decided, decision_wait: 0s, policies: [{name: all, type: always_sample}]}",
          pipelines,
          "{}");
      assertThat(ask(r, "GET", "/metrics"))
          .contains("otelcol_processor_tail_sampling_sampling_traces_on_memory{")
          .contains("otelcol_processor_tail_sampling_new_trace_id_received_total{");
      assertThat(told).isEmpty();
      ask(r, "POST", "/-/reload");
      await(() -> !told.isEmpty());
      assertThat(told).containsExactly(Outcome.ACCEPTED);
      assertThat(taken).hasSize(1);
      assertThat(ask(r, "GET", "/metrics"))
          .contains("otelcol_processor_tail_sampling_global_count_traces_sampled_total{");
    }
  }

  @Test
  void diskQueueFreesSendersWithoutLoss() throws Exception {
    String connectors =
        "{failover: {priority_levels: [[traces/sampled]], retry_interval: 1s, sending_queue:"
            + " {storage: file_storage, num_consumers: 1000, adaptive_concurrency: false,"
            + " max_bytes: 2147483648}}}";
    String pipelines =
        "{traces: {receivers: [hand], exporters: [failover]}, traces/sampled: {receivers:"
            + " [failover], processors: [tail_sampling], exporters: [shelf]}}";
    String policies = "policies: [{name: all, type: always_sample}]}";
    write("{acknowledge: when_decided, decision_wait: 10m, " + policies, pipelines, connectors);
    try (CollectorRole r = role(STORE)) {
      r.start();
      List<Outcome> told = send(1);
      await(() -> !told.isEmpty());
      assertThat(told).as("it is on disk").containsExactly(Outcome.ACCEPTED);
      // What a kill would leave.
      copy(store(STORE), store("after"));
      assertThat(taken).isEmpty();
      write("{acknowledge: when_decided, decision_wait: 0s, " + policies, pipelines, connectors);
      try (CollectorRole after = role("after")) {
        after.start();
        await(() -> !taken.isEmpty());
        assertThat(taken).extracting(Span::name).containsExactly("work");
      }
      // The queue waits for what it sent when it stops, and is not kept waiting.
      r.graph().stop(Duration.ofSeconds(50));
      assertThat(taken).as("the stop decided").hasSize(2);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path p : all.toList()) {
        Files.copy(p, to.resolve(from.relativize(p).toString()));
      }
    }
  }
}
