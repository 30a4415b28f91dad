package dev.tethys.pipeline.receiver.datadog;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.datadog.ColumnPayload;
import dev.tethys.codec.datadog.DatadogMetrics;
import dev.tethys.codec.datadog.EventJson;
import dev.tethys.codec.datadog.LogJson;
import dev.tethys.codec.datadog.MetricJson;
import dev.tethys.codec.datadog.MetricPayloads;
import dev.tethys.codec.datadog.TraceStats;
import dev.tethys.codec.fluent.MsgPackReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.GoJson;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Datadog's API as its agent and clients use it. The response is 202 when everything was accepted.
 * If some items were rejected, the others are accepted and each rejected item is reported: for
 * series of version 2 in the {@code errors} of the 202, otherwise with 400, which senders do not
 * retry. 503 requests a retry.
 */
final class DatadogProtocol {
  /** Limit of decoded sketches, which may be many times larger than their messages. */
  private static final long SKETCH_BYTES = 16L << 20;

  private static final String OK = "{\"status\":\"ok\"}";

  /**
   * Agent reports about machines, processes, containers and Kubernetes, for which there is no
   * pipeline.
   */
  private static final List<String> NOT_KEPT =
      List.of(
          "/api/v1/metadata",
          "/api/v2/host_metadata",
          "/api/v1/collector",
          "/api/v1/discovery",
          "/api/v2/proclcycle",
          "/api/v1/container",
          "/api/v1/connections",
          "/api/v1/orchestrator",
          "/api/v2/orch",
          "/api/v2/orchmanif");

  private final Scheduler clock;
  private final java.util.function.Consumer<String> passedOver;
  private final @Nullable IntakeProxy intake;

  /**
   * Creates the API.
   *
   * @param passedOver called with the path of each request that is accepted but not stored
   * @param intake proxy of {@code /intake}; null to read events there
   */
  DatadogProtocol(
      Scheduler clock,
      java.util.function.Consumer<String> passedOver,
      @Nullable IntakeProxy intake) {
    this.intake = intake;
    this.clock = clock;
    this.passedOver = passedOver;
  }

  /** Parsed request. */
  private interface Reading {
    RejectedItems read(byte[] body, boolean json, DatadogMetrics to);
  }

  /** Paths preferred by agents from 7.81 on. */
  private static final String[] V3 = {
    "/api/intake/metrics/v3/series", "/api/intake/metrics/v3/sketches"
  };

  /** Paths of the log endpoints. */
  private static final String[] LOGS = {"/api/v2/logs", "/v1/input", "/v1/input/{key}"};

  private static final String EVENTS = "/api/v1/events";

  /** Paths of the sketch endpoints. */
  private static final String[] SKETCHES = {"/api/beta/sketches", "/api/v1/sketches"};

  private static final String SERIES_V1 = "/api/v1/series";
  private static final String SERIES_V2 = "/api/v2/series";
  private static final String DISTRIBUTIONS = "/api/v1/distribution_points";
  private static final String CHECKS = "/api/v1/check_run";

  /** Paths of an agent's events and host metadata. */
  private static final String[] INTAKE = {"/intake", "/intake/"};

  private static final String TRACER_STATS = "/v0.6/stats";
  private static final String AGENT_STATS = "/api/v0.2/stats";

  /** Adds the requests that agents, tracers and clients make before they send. */
  void addQuestions(HttpServerEndpoint endpoint) {
    endpoint.on("GET", "/", (q, r) -> json(r, 200, "{}"));
    endpoint.on("GET", "/api/v1/validate", (q, r) -> json(r, 200, "{\"valid\":true}"));
  }

  void addMetrics(HttpServerEndpoint endpoint, Consumer to) {
    metrics(endpoint, SERIES_V1, to, 0, (b, _, m) -> MetricJson.seriesV1(b, m));
    metrics(
        endpoint,
        SERIES_V2,
        to,
        0,
        (b, json, m) -> json ? MetricJson.seriesV2(b, m) : MetricPayloads.series(b, m));
    for (String path : SKETCHES) {
      metrics(endpoint, path, to, SKETCH_BYTES, (b, _, m) -> MetricPayloads.sketches(b, m));
    }
    for (String path : V3) {
      metrics(endpoint, path, to, ColumnPayload.MAX_TEXT, (b, _, m) -> ColumnPayload.read(b, m));
    }
    metrics(endpoint, DISTRIBUTIONS, to, SKETCH_BYTES, (b, _, m) -> MetricJson.distributions(b, m));
    metrics(endpoint, CHECKS, to, 0, (b, _, m) -> MetricJson.checks(b, clock.millis() / 1000, m));
    Reading ofTracer = (b, _, m) -> TraceStats.ofTracer(MsgPackReader.read(b), m);
    metrics(endpoint, TRACER_STATS, to, SKETCH_BYTES, ofTracer);
    metrics(endpoint, "PUT", TRACER_STATS, to, SKETCH_BYTES, ofTracer);
    metrics(
        endpoint,
        AGENT_STATS,
        to,
        SKETCH_BYTES,
        (b, _, m) -> TraceStats.ofAgent(MsgPackReader.read(b), m));
  }

  /**
   * Adds paths whose data is not supported: it is acknowledged, so that it is not resent, and
   * counted.
   *
   * @param metrics whether metrics are received, including span statistics
   * @param logs whether logs are received, including events
   * @param traces whether spans are received
   */
  void addRest(HttpServerEndpoint endpoint, boolean metrics, boolean logs, boolean traces) {
    if (intake != null) {
      for (String path : INTAKE) {
        endpoint.post(path, (q, r) -> intake.pass(endpoint, q, r));
      }
    }
    passOver(endpoint, "POST", NOT_KEPT);
    if (!logs) {
      passOver(endpoint, "POST", List.of(LOGS));
      if (intake == null) {
        passOver(endpoint, "POST", List.of(INTAKE));
      }
      passOver(endpoint, "POST", List.of(EVENTS));
    }
    if (!metrics) {
      passOver(endpoint, "POST", List.of(SERIES_V1, SERIES_V2, DISTRIBUTIONS, CHECKS));
      passOver(endpoint, "POST", List.of(SKETCHES));
      passOver(endpoint, "POST", List.of(V3));
      passOver(endpoint, "POST", List.of(TRACER_STATS, AGENT_STATS));
      passOver(endpoint, "PUT", List.of(TRACER_STATS));
    }
    if (!traces) {
      passOver(endpoint, "POST", TraceProtocol.TRACERS);
      passOver(endpoint, "PUT", TraceProtocol.TRACERS);
      passOver(endpoint, "POST", List.of(TraceProtocol.AGENT));
    }
  }

  private void passOver(HttpServerEndpoint endpoint, String method, List<String> paths) {
    for (String path : paths) {
      endpoint.on(method, path, (q, r) -> passOver(path, endpoint, q, r));
    }
  }

  private void passOver(
      String path, HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, BusyException {
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      if (path.equals(TraceProtocol.AGENT) || TraceProtocol.TRACERS.contains(path)) {
        hold.take(6L * b.length);
        TraceProtocol.check(path, HttpServerEndpoint.mediaType(request), b);
      }
    }
    passedOver.accept(path);
    json(response, 200, "{}");
  }

  private void metrics(
      HttpServerEndpoint endpoint, String path, Consumer to, long more, Reading reading) {
    metrics(endpoint, "POST", path, to, more, reading);
  }

  private static void metrics(
      HttpServerEndpoint endpoint,
      String method,
      String path,
      Consumer to,
      long more,
      Reading reading) {
    boolean tells = path.equals(SERIES_V2);
    endpoint.on(
        method,
        path,
        (request, response) ->
            answered(
                endpoint,
                response,
                () -> {
                  try (Hold hold = endpoint.admission().open()) {
                    byte[] b = endpoint.body(request, endpoint.compression(request), hold);
                    hold.take(4L * b.length + more);
                    DatadogMetrics m = new DatadogMetrics();
                    boolean json = HttpServerEndpoint.mediaType(request).equals("application/json");
                    RejectedItems refused = reading.read(b, json, m);
                    endpoint.refused(refused);
                    Outcome o = Outcome.ACCEPTED;
                    if (m.points() > 0) {
                      o =
                          deliver(
                              Signal.METRICS,
                              new OtlpWriter().write(m.data()),
                              m.points(),
                              endpoint,
                              to,
                              request);
                    }
                    answer(response, o, refused, tells, tells ? "{\"errors\":[]}" : OK);
                  }
                }));
  }

  void addLogs(HttpServerEndpoint endpoint, Consumer to) {
    for (String path : LOGS) {
      endpoint.post(
          path,
          (request, response) ->
              answered(endpoint, response, () -> logs(endpoint, to, request, response)));
    }
    addEvents(endpoint, to);
  }

  private void logs(
      HttpServerEndpoint endpoint, Consumer to, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    String type = HttpServerEndpoint.mediaType(request);
    if (!type.isEmpty() && !type.equals("application/json")) {
      json(response, 415, errors(List.of("logs must be application/json, not " + type)));
      return;
    }
    LogJson read = new LogJson(clock.millis() * 1_000_000);
    records(endpoint, to, request, response, read::read, read::logs, "{}");
  }

  /** Reads a body, and delivers its records. */
  private static void records(
      HttpServerEndpoint endpoint,
      Consumer to,
      HttpRequest request,
      HttpResponse response,
      Function<byte[], RejectedItems> read,
      Supplier<LogsData> logs,
      String good)
      throws IOException, InterruptedException, BusyException {
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(4L * b.length);
      RejectedItems refused = read.apply(b);
      endpoint.refused(refused);
      int n = logs.get().itemCount();
      Outcome o = Outcome.ACCEPTED;
      if (n > 0) {
        o = deliver(Signal.LOGS, new OtlpWriter().write(logs.get()), n, endpoint, to, request);
      }
      answer(response, o, refused, false, good);
    }
  }

  private void addEvents(HttpServerEndpoint endpoint, Consumer to) {
    endpoint.post(
        EVENTS,
        (request, response) ->
            answered(
                endpoint,
                response,
                () -> {
                  EventJson read = new EventJson(clock.millis() * 1_000_000);
                  records(endpoint, to, request, response, read::one, read::logs, OK);
                }));
    for (String path : intake == null ? INTAKE : new String[0]) {
      endpoint.post(
          path,
          (request, response) ->
              answered(
                  endpoint,
                  response,
                  () -> {
                    EventJson read = new EventJson(clock.millis() * 1_000_000);
                    records(endpoint, to, request, response, read::ofAgent, read::logs, OK);
                  }));
    }
  }

  private static Outcome deliver(
      Signal signal,
      byte[] body,
      int items,
      HttpServerEndpoint endpoint,
      Consumer to,
      HttpRequest request)
      throws InterruptedException {
    long lane = PipelinePoints.lane(request.remoteAddress().getAddress());
    return ReceiverAdmission.deliver(
        new Batch(signal, Encoding.OTLP, body, items, lane, endpoint.metadata(request)),
        to,
        request);
  }

  /** Response, with errors in the form of this API. */
  private interface Answer {
    void send() throws IOException, InterruptedException, BusyException;
  }

  private static void answered(HttpServerEndpoint endpoint, HttpResponse response, Answer answer)
      throws IOException, InterruptedException {
    try {
      answer.send();
    } catch (BusyException e) {
      again(response, e.outcome());
    } catch (TooLargeException e) {
      json(response, 413, errors(List.of(String.valueOf(e.getMessage()))));
    } catch (CodecException e) {
      endpoint.refused(1, String.valueOf(e.getMessage()));
      json(response, 400, errors(List.of(String.valueOf(e.getMessage()))));
    }
  }

  private static void answer(
      HttpResponse response, Outcome o, RejectedItems refused, boolean tells, String good)
      throws IOException {
    switch (o) {
      case Outcome.Unavailable u -> again(response, u);
      case Outcome.Rejected r -> json(response, 400, errors(List.of(r.reason())));
      case Outcome.Accepted _ -> {
        if (refused.isEmpty()) {
          json(response, 202, good);
        } else {
          List<String> errors =
              refused.kept().stream()
                  .map(x -> "item " + x.number() + ": " + x.why() + ": " + x.item())
                  .toList();
          json(response, tells ? 202 : 400, errors(errors));
        }
      }
    }
  }

  private static void again(HttpResponse response, Outcome.Unavailable u) throws IOException {
    HttpServerEndpoint.retryAfter(response, u);
    json(response, 503, errors(List.of(u.reason())));
  }

  private static String errors(List<String> all) {
    StringBuilder sb = new StringBuilder("{\"errors\":[");
    for (int i = 0; i < all.size(); i++) {
      GoJson.append(sb.append(i == 0 ? "" : ","), all.get(i));
    }
    return sb.append("]}").toString();
  }

  private static void json(HttpResponse r, int status, String body) throws IOException {
    r.header("Content-Type", "application/json");
    r.status(status).send(body);
  }
}
