package dev.tethys.api.traces;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.protobuf.ProtoWriter;
import dev.tethys.model.access.Scope;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.traces.SpanBatch;
import dev.tethys.model.traces.SpanSelection;
import dev.tethys.model.traces.TraceStore;
import dev.tethys.query.traceql.TraceLimits;
import dev.tethys.query.traceql.exec.TraceQueries;
import dev.tethys.testkit.MemoryTraceStore;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The APIs over a store in memory, with a client. */
final class TracesServer implements AutoCloseable {
  final MemoryTraceStore store = new MemoryTraceStore();
  final HttpClient client = HttpClient.newHttpClient();
  private final HttpListener listener;
  volatile boolean open = true;

  /** Damage of the parts that queries read. */
  volatile List<String> warnings = List.of();

  /** Lasting failure of the store. */
  volatile StoreHealth.@Nullable Problem problem;

  /** PromQL that was requested, with its range and step. */
  final List<String> metricQueries = new CopyOnWriteArrayList<>();

  /** Response of each query over span metrics. */
  volatile List<MetricQueries.Series> spanMetrics = List.of();

  /**
   * @param now Unix nanoseconds
   */
  TracesServer(long now) throws IOException {
    this(now, true);
  }

  /**
   * @param now Unix nanoseconds
   * @param admin whether spans may be deleted
   */
  TracesServer(long now, boolean admin) throws IOException {
    dev.tethys.web.client.HttpClientFactory.prepare();
    Routes routes = new Routes();
    TraceQueries queries = new TraceQueries(damaged(), Runnable::run, 1, TraceLimits.DEFAULT);
    new TracesApi(
            () -> open ? queries : null,
            settings(admin),
            QueryThreads.alone("traces"),
            () -> now,
            (scope, query, from, to, step) -> {
              metricQueries.add(query + " " + from + " " + to + " " + step);
              return spanMetrics;
            })
        .addTo(routes);
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  private static TracesSettings settings(boolean admin) {
    TracesSettings d = TracesSettings.of("test");
    return new TracesSettings(
        d.timeout(), d.lookback(), d.maxTraces(), d.maxValues(), admin, d.version());
  }

  /** The store, whose selections have the warnings. */
  private TraceStore damaged() {
    return proxy(
        TraceStore.class,
        store,
        (method, result) ->
            switch (method) {
              case "damage" -> warnings;
              case "problem" -> problem;
              case "select" ->
                  proxy(
                      SpanSelection.class,
                      Objects.requireNonNull(result),
                      (m, r) -> m.equals("warnings") ? warnings : r);
              default -> result;
            });
  }

  private static <T> T proxy(
      Class<T> type, Object of, BiFunction<String, @Nullable Object, @Nullable Object> change) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> {
              try {
                return change.apply(method.getName(), method.invoke(of, arguments));
              } catch (InvocationTargetException e) {
                throw Objects.requireNonNull(e.getCause());
              }
            }));
  }

  int port() {
    return listener.port();
  }

  /** Stores OTLP's JSON for the default tenant. */
  void add(String json) {
    store.append(Scope.DEFAULT, SpanBatch.of(otlp(json)));
  }

  static TracesData otlp(String json) {
    byte[] b = json.getBytes(UTF_8);
    ProtoWriter w = OtlpJson.toProtobuf(OtlpSignal.TRACES, b, 0, b.length);
    return new OtlpReader().traces(w.buffer(), 0, w.size());
  }

  HttpRequest.Builder request(String path, String... params) {
    StringBuilder sb = new StringBuilder("http://127.0.0.1:" + listener.port() + path);
    for (int i = 0; i < params.length; i += 2) {
      sb.append(i == 0 ? '?' : '&').append(params[i]).append('=');
      sb.append(URLEncoder.encode(params[i + 1], UTF_8));
    }
    return HttpRequest.newBuilder(URI.create(sb.toString()));
  }

  HttpResponse<String> call(String path, String... params)
      throws IOException, InterruptedException {
    return client.send(request(path, params).build(), BodyHandlers.ofString());
  }

  HttpResponse<byte[]> bytes(@Nullable String accept, String path, String... params)
      throws IOException, InterruptedException {
    HttpRequest.Builder b = request(path, params);
    if (accept != null) {
      b.header("Accept", accept);
    }
    return client.send(b.build(), BodyHandlers.ofByteArray());
  }

  /** Parsed JSON of a successful answer. */
  Object get(String path, String... params) throws IOException, InterruptedException {
    HttpResponse<String> r = call(path, params);
    if (r.statusCode() != 200) {
      throw new AssertionError(r.statusCode() + " " + r.body());
    }
    return Objects.requireNonNull(JsonValues.read(r.body()));
  }

  @Override
  public void close() {
    listener.close();
    client.close();
  }
}
