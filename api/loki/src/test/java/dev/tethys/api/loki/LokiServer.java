package dev.tethys.api.loki;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.guard.MemoryShare;
import dev.tethys.model.guard.MemoryUse;
import dev.tethys.model.guard.QueryThreads;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.model.logs.LogRates;
import dev.tethys.query.logql.LogqlLimits;
import dev.tethys.query.logql.exec.LogqlEngine;
import dev.tethys.query.logql.exec.TailedLogStore;
import dev.tethys.store.events.EngineOptions;
import dev.tethys.store.logs.LogDatabase;
import dev.tethys.store.logs.LogLimits;
import dev.tethys.store.logs.LogOptions;
import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Loki's API over a log store in a folder, with a client. */
final class LokiServer implements AutoCloseable {
  final LogDatabase database;
  final TailedLogStore store;
  final HttpClient client;

  /** Whether the engine was asked on a virtual thread. */
  volatile boolean computedOnVirtualThread;

  /** Rate of the tenant {@code slow}. */
  volatile LogRates.@Nullable Rate slowRate;

  volatile LogRates.@Nullable Rate streamRate;

  final Registry registry = new Registry();

  private final LogqlEngine engine;
  private final HttpListener listener;

  LokiServer(Path folder, boolean admin) throws IOException {
    this(new RealFiles(), folder, admin);
  }

  LokiServer(FileAccess files, Path folder, boolean admin) throws IOException {
    dev.tethys.web.client.HttpClientFactory.prepare();
    client = HttpClient.newHttpClient();
    database =
        LogDatabase.open(
            files,
            folder,
            new LogOptions(EngineOptions.defaults().withHeadBytes(1 << 20), LogLimits.DEFAULTS));
    store = new TailedLogStore(database);
    engine =
        new LogqlEngine(
            store,
            2,
            MemoryShare.alone(MemoryUse.LOG_QUERIES, 1 << 28),
            () -> {
              if (Thread.currentThread().isVirtual()) {
                computedOnVirtualThread = true;
              }
              return System.nanoTime();
            });
    Routes routes = new Routes();
    LokiSettings settings =
        new LokiSettings(LogqlLimits.DEFAULT, admin, 2, _ -> Duration.ofDays(15), "test");
    new LokiApi(() -> engine, settings, QueryThreads.alone("logs"), LokiServer::now, registry)
        .addTo(routes);
    LogRates rates =
        new LogRates(
            t -> new LogRates.Rates(t.equals("slow") ? slowRate : null, streamRate),
            System::nanoTime);
    new LokiPush(new LogIngester(() -> store, LokiServer::now, rates, registry)).addTo(routes);
    listener = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
  }

  static long now() {
    Instant t = Instant.now();
    return t.getEpochSecond() * 1_000_000_000L + t.getNano();
  }

  URI uri(String scheme, String path, String... params) {
    StringBuilder sb = new StringBuilder(scheme + "://127.0.0.1:" + listener.port() + path);
    for (int i = 0; i < params.length; i += 2) {
      sb.append(i == 0 ? '?' : '&').append(params[i]).append('=');
      sb.append(URLEncoder.encode(params[i + 1], UTF_8));
    }
    return URI.create(sb.toString());
  }

  HttpResponse<String> call(String method, @Nullable String tenant, String path, String... params)
      throws IOException, InterruptedException {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(uri("http", path, params)).method(method, BodyPublishers.noBody());
    if (tenant != null) {
      b.header("X-Scope-OrgID", tenant);
    }
    return client.send(b.build(), BodyHandlers.ofString());
  }

  /** Parsed JSON of a successful answer. */
  Object get(@Nullable String tenant, String path, String... params)
      throws IOException, InterruptedException {
    HttpResponse<String> r = call("GET", tenant, path, params);
    if (r.statusCode() != 200) {
      throw new AssertionError(r.statusCode() + " " + r.body());
    }
    return java.util.Objects.requireNonNull(JsonValues.read(r.body()));
  }

  void push(@Nullable String tenant, String labels, long time, String line)
      throws IOException, InterruptedException {
    HttpResponse<String> r = sendPush(tenant, labels, time, line);
    if (r.statusCode() != 204) {
      throw new AssertionError(r.statusCode() + " " + r.body());
    }
  }

  HttpResponse<String> sendPush(@Nullable String tenant, String labels, long time, String line)
      throws IOException, InterruptedException {
    String json =
        "{\"streams\":[{\"stream\":"
            + labels
            + ",\"values\":[[\""
            + time
            + "\",\""
            + line
            + "\"]]}]}";
    HttpRequest.Builder b =
        HttpRequest.newBuilder(uri("http", "/loki/api/v1/push"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json));
    if (tenant != null) {
      b.header("X-Scope-OrgID", tenant);
    }
    return client.send(b.build(), BodyHandlers.ofString());
  }

  @Override
  public void close() {
    store.closeTails();
    listener.close();
    engine.close();
    database.close();
    client.close();
  }
}
