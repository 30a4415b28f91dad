package dev.tethys.pipeline.receiver.datadog;

import dev.tethys.codec.datadog.TraceIdUpperHalves;
import dev.tethys.codec.datadog.TraceReader;
import dev.tethys.codec.fluent.MsgPackReader;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Spans from Datadog's tracers to its agent, and from its agent to Datadog. The response is 200
 * with sampling rates for tracers, which are 1: sampling is left to processors. Unreadable spans
 * are counted and the others accepted; 400 if none can be read. {@link DatadogProtocol} accepts
 * span statistics, which {@code /info} does not advertise.
 */
final class TraceProtocol {
  /** Paths used by tracers. */
  static final List<String> TRACERS =
      List.of("/v0.3/traces", "/v0.4/traces", "/v0.5/traces", "/v0.7/traces");

  /** Path used by agents. */
  static final String AGENT = "/api/v0.2/traces";

  private static final String INFO =
      "{\"version\":\"7.50.0\",\"endpoints\":[\""
          + String.join("\",\"", TRACERS)
          + "\"],\"client_drop_p0s\":false,\"span_meta_structs\":false,"
          + "\"long_running_spans\":false,\"config\":{\"statsd_port\":0}}";

  private static final String RATES = "{\"rate_by_service\":{\"service:,env:\":1}}";

  private final HttpServerEndpoint endpoint;
  private final Consumer to;
  private final TraceIdUpperHalves halves;

  TraceProtocol(HttpServerEndpoint endpoint, Consumer to, TraceIdUpperHalves halves) {
    this.endpoint = endpoint;
    this.to = to;
    this.halves = halves;
  }

  /** Reads a body. */
  private interface Reading {
    void read(byte[] body, TraceReader to, Attributes sender);
  }

  void add() {
    endpoint.on("GET", "/info", (q, r) -> json(r, 200, INFO));
    for (String method : new String[] {"POST", "PUT"}) {
      for (String path : TRACERS) {
        endpoint.on(
            method, path, (q, r) -> traces(q, r, reading(path, HttpServerEndpoint.mediaType(q))));
      }
    }
    endpoint.post(AGENT, (q, r) -> traces(q, r, (b, t, s) -> t.agent(b, s)));
  }

  /**
   * Validates a body that no pipeline receives.
   *
   * @throws dev.tethys.codec.CodecException if it is malformed
   */
  static void check(String path, String type, byte[] body) {
    Reading r = path.equals(AGENT) ? (b, t, s) -> t.agent(b, s) : reading(path, type);
    r.read(body, new TraceReader(new TraceIdUpperHalves(0)), new Attributes());
  }

  private static Reading reading(String path, String type) {
    return switch (path) {
      case "/v0.5/traces" -> (b, t, s) -> t.tabled(MsgPackReader.read(b), s);
      case "/v0.7/traces" -> (b, t, s) -> t.payload(MsgPackReader.read(b), s);
      default ->
          type.equals("application/msgpack")
              ? (b, t, s) -> t.traces(MsgPackReader.read(b), s)
              : (b, t, s) -> t.traces(JsonValues.readExact(b, 0, b.length), s);
    };
  }

  private void traces(HttpRequest request, HttpResponse response, Reading reading)
      throws IOException, InterruptedException, BusyException {
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(6L * b.length);
      TraceReader read = new TraceReader(halves);
      reading.read(b, read, sender(request));
      endpoint.refused(read.refusals());
      int spans = read.traces().itemCount();
      Outcome o = Outcome.ACCEPTED;
      if (spans > 0) {
        Batch batch =
            new Batch(
                Signal.TRACES,
                Encoding.OTLP,
                new OtlpWriter().write(read.traces()),
                spans,
                0,
                endpoint.metadata(request));
        o = ReceiverAdmission.deliver(batch, to, request);
      }
      if (spans == 0 && !read.refusals().isEmpty()) {
        o = new Outcome.Rejected(read.refusals().text(TraceProtocol::describe), 0);
      }
      // Tracers do not support partial success: rejected spans are counted and logged.
      boolean some = o instanceof Outcome.Rejected r && r.items() > 0 && r.items() < spans;
      if (some || o instanceof Outcome.Accepted) {
        json(response, 200, RATES);
      } else {
        HttpServerEndpoint.answer(response, o);
      }
    }
  }

  private static String describe(RejectedItems.Refusal r) {
    return "span " + r.number() + " (" + r.item() + "): " + r.why();
  }

  private static Attributes sender(HttpRequest q) {
    Attributes a = new Attributes();
    put(a, "language_name", q.header("Datadog-Meta-Lang"));
    put(a, "language_version", q.header("Datadog-Meta-Lang-Version"));
    put(a, "tracer_version", q.header("Datadog-Meta-Tracer-Version"));
    put(a, "container_id", q.header("Datadog-Container-ID"));
    return a;
  }

  private static void put(Attributes a, String key, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      a.put(key, value);
    }
  }

  private static void json(HttpResponse r, int status, String body) throws IOException {
    r.header("Content-Type", "application/json");
    r.status(status).send(body);
  }
}
