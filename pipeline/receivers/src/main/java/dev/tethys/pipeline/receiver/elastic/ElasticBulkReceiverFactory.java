package dev.tethys.pipeline.receiver.elastic;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.receiver.server.Authenticators;
import dev.tethys.pipeline.receiver.server.HttpServerEndpoint;
import dev.tethys.pipeline.receiver.server.HttpServerSettings;
import dev.tethys.pipeline.receiver.server.PushReceiver;
import dev.tethys.pipeline.receiver.server.ReceiverAdmission;
import dev.tethys.pipeline.receiver.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.receiver.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes {@code elasticsearch_bulk} receivers. */
public final class ElasticBulkReceiverFactory
    implements ReceiverFactory<ElasticBulkReceiverFactory.Settings> {
  /**
   * What one is told.
   *
   * @param version of Elasticsearch that it says it is, for senders that ask
   */
  public record Settings(HttpServerSettings http, String version) {}

  private static final Section SECTION =
      new Section("elasticsearch_bulk", "Takes what is written to Elasticsearch.");
  private static final HttpServerSettings.Keys HTTP =
      new HttpServerSettings.Keys(SECTION, "localhost:9200");
  private static final Key<String> VERSION =
      SECTION.key("version", Type.STRING, "8.17.0", "Which version senders are told.");

  @Override
  public String type() {
    return "elasticsearch_bulk";
  }

  @Override
  public String about() {
    return "Receives documents that are written to Elasticsearch with _bulk, as logs.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(
        o -> {
          if (!o.get(VERSION).matches("\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}")) {
            throw o.error(VERSION, "a version is three numbers, such as 8.17.0");
          }
          return new Settings(HTTP.read(o), o.get(VERSION));
        });
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Receiver create(Settings s, Map<Signal, Consumer> outputs, Context context) {
    return receiver(s, outputs, Authenticators.find(s.http.auth(), context), context.clock())
        .countRefused(PointTally.of(context));
  }

  static PushReceiver receiver(
      Settings s, Map<Signal, Consumer> outputs, @Nullable ServerAuth auth, Scheduler clock) {
    HttpServerEndpoint door =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES), s.http, auth);
    Consumer to = Objects.requireNonNull(outputs.get(Signal.LOGS));
    for (String method : new String[] {"POST", "PUT"}) {
      door.on(method, "/_bulk", (q, r) -> bulk(door, to, clock, null, q, r));
      door.on(
          method, "/{index}/_bulk", (q, r) -> bulk(door, to, clock, q.pathParam("index"), q, r));
    }
    questions(door, s.version);
    return new PushReceiver(null, door, clock::nanos);
  }

  /**
   * What shippers ask and set up before they write. Templates and policies have nothing here that
   * they could be about: there are said to be, so that nobody wants to make them, and are
   * acknowledged.
   */
  private static void questions(HttpServerEndpoint door, String version) {
    String about =
        "{\"name\":\"tethys\",\"cluster_name\":\"tethys\",\"cluster_uuid\":\"tethys\",\"version\":{"
            + "\"number\":\""
            + version
            + "\",\"build_flavor\":\"default\",\"build_type\":\"tar\",\"build_snapshot\":false,"
            + "\"minimum_wire_compatibility_version\":\"7.17.0\","
            + "\"minimum_index_compatibility_version\":\"7.0.0\"},"
            + "\"tagline\":\"You Know, for Search\"}";
    door.on("GET", "/", (q, r) -> json(r, 200, about));
    String license = "{\"license\":{\"status\":\"active\",\"uid\":\"tethys\",\"type\":\"basic\"}}";
    door.on("GET", "/_license", (q, r) -> json(r, 200, license));
    door.on(
        "GET",
        "/_xpack",
        (q, r) ->
            json(
                r,
                200,
                license.substring(0, license.length() - 1)
                    + ",\"features\":{\"ilm\":{\"available\":true,\"enabled\":true}}}"));
    door.on(
        "GET",
        "/_cluster/health",
        (q, r) -> json(r, 200, "{\"cluster_name\":\"tethys\",\"status\":\"green\"}"));
    for (String path :
        new String[] {
          "/_index_template/{name}",
          "/_component_template/{name}",
          "/_template/{name}",
          "/_ilm/policy/{name}",
          "/_ingest/pipeline/{name}",
          "/_data_stream/{name}"
        }) {
      door.on("GET", path, (q, r) -> json(r, 200, "{}"));
      for (String method : new String[] {"PUT", "POST"}) {
        door.on(method, path, (q, r) -> json(r, 200, "{\"acknowledged\":true}"));
      }
    }
  }

  private static void json(HttpResponse r, int status, String body) throws IOException {
    r.header("X-Elastic-Product", "Elasticsearch");
    r.header("Content-Type", "application/json");
    r.status(status).send(body);
  }

  private static void bulk(
      HttpServerEndpoint door,
      Consumer to,
      Scheduler clock,
      @Nullable String index,
      HttpRequest request,
      HttpResponse response)
      throws IOException, InterruptedException {
    long began = clock.millis();
    try (Hold hold = door.intake().open()) {
      byte[] body = door.body(request, door.compression(request), hold);
      hold.take(3L * body.length);
      BulkRequest b = BulkRequest.read(body, index, began * 1_000_000);
      door.refused(b.refusals());
      Outcome o = Outcome.ACCEPTED;
      if (b.taken() > 0) {
        byte[] otlp = new OtlpWriter().write(b.logs());
        o =
            ReceiverAdmission.deliver(
                new Batch(Signal.LOGS, Encoding.OTLP, otlp, b.taken(), 0, door.metadata(request)),
                to,
                request);
      }
      switch (o) {
        case Outcome.Accepted _ -> json(response, 200, b.answer(clock.millis() - began, null));
        case Outcome.Rejected r ->
            // Nobody knows which: a sender that hears 400 of an item does not send it again.
            json(response, 200, b.answer(clock.millis() - began, r.reason()));
        case Outcome.Unavailable u -> again(response, u);
      }
    } catch (BusyException e) {
      again(response, e.outcome());
    } catch (CodecException e) {
      door.refused(1, String.valueOf(e.getMessage()));
      json(
          response,
          400,
          BulkRequest.error(400, "illegal_argument_exception", String.valueOf(e.getMessage())));
    }
  }

  private static void again(HttpResponse response, Outcome.Unavailable u) throws IOException {
    HttpServerEndpoint.retryAfter(response, u);
    json(response, 429, BulkRequest.error(429, "es_rejected_execution_exception", u.reason()));
  }
}
