package dev.tethys.pipeline.receiver.elastic;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Elasticsearch's {@code _bulk} as logs, and the requests that shippers make before they write. A
 * request may name the fields that identify a stream in the parameter {@code _stream_fields} or the
 * header {@code VL-Stream-Fields}, as for VictoriaLogs.
 */
public final class ElasticProtocol {
  /** Version that senders learn by default. */
  public static final String VERSION = "8.17.0";

  private final Consumer to;
  private final Scheduler clock;
  private final String version;
  private final StreamFields fields;

  /**
   * @param version version of Elasticsearch that senders learn
   * @param fields fields of documents that become attributes of resources
   */
  public ElasticProtocol(Consumer to, Scheduler clock, String version, StreamFields fields) {
    this.to = to;
    this.clock = clock;
    this.version = version;
    this.fields = fields;
  }

  /**
   * Adds the paths.
   *
   * @param prefix prefix of all paths, or "" for none
   */
  public void addTo(HttpServerEndpoint endpoint, String prefix) {
    for (String method : new String[] {"POST", "PUT"}) {
      endpoint.on(method, prefix + "/_bulk", (q, r) -> bulk(endpoint, null, q, r));
      endpoint.on(
          method, prefix + "/{index}/_bulk", (q, r) -> bulk(endpoint, q.pathParam("index"), q, r));
    }
    questions(endpoint, prefix);
  }

  private static @Nullable String streamFields(HttpRequest request) {
    String named = request.query().first("_stream_fields");
    return named == null ? request.header("VL-Stream-Fields") : named;
  }

  /**
   * Adds requests and setup that shippers make before they write. Templates and policies have no
   * effect here: queries report them as existing, so shippers do not create them, and their
   * creation is acknowledged.
   */
  private void questions(HttpServerEndpoint endpoint, String prefix) {
    String about =
        "{\"name\":\"tethys\",\"cluster_name\":\"tethys\",\"cluster_uuid\":\"tethys\",\"version\":{"
            + "\"number\":\""
            + version
            + "\",\"build_flavor\":\"default\",\"build_type\":\"tar\",\"build_snapshot\":false,"
            + "\"minimum_wire_compatibility_version\":\"7.17.0\","
            + "\"minimum_index_compatibility_version\":\"7.0.0\"},"
            + "\"tagline\":\"You Know, for Search\"}";
    endpoint.on("GET", prefix + "/", (q, r) -> json(r, 200, about));
    String license = "{\"license\":{\"status\":\"active\",\"uid\":\"tethys\",\"type\":\"basic\"}}";
    endpoint.on("GET", prefix + "/_license", (q, r) -> json(r, 200, license));
    endpoint.on(
        "GET",
        prefix + "/_xpack",
        (q, r) ->
            json(
                r,
                200,
                license.substring(0, license.length() - 1)
                    + ",\"features\":{\"ilm\":{\"available\":true,\"enabled\":true}}}"));
    endpoint.on(
        "GET",
        prefix + "/_cluster/health",
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
      String at = prefix + path;
      endpoint.on("GET", at, (q, r) -> json(r, 200, "{}"));
      for (String method : new String[] {"PUT", "POST"}) {
        endpoint.on(method, at, (q, r) -> json(r, 200, "{\"acknowledged\":true}"));
      }
    }
  }

  private static void json(HttpResponse r, int status, String body) throws IOException {
    r.header("X-Elastic-Product", "Elasticsearch");
    r.header("Content-Type", "application/json");
    r.status(status).send(body);
  }

  private void bulk(
      HttpServerEndpoint endpoint,
      @Nullable String index,
      HttpRequest request,
      HttpResponse response)
      throws IOException, InterruptedException {
    long began = clock.millis();
    try (Hold hold = endpoint.admission().open()) {
      byte[] body = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(3L * body.length);
      BulkRequest b =
          BulkRequest.read(body, index, began * 1_000_000, fields.or(streamFields(request)));
      endpoint.refused(b.refusals());
      Outcome o = Outcome.ACCEPTED;
      if (b.taken() > 0) {
        byte[] otlp = new OtlpWriter().write(b.logs());
        o =
            ReceiverAdmission.deliver(
                new Batch(
                    Signal.LOGS, Encoding.OTLP, otlp, b.taken(), 0, endpoint.metadata(request)),
                to,
                request);
      }
      switch (o) {
        case Outcome.Accepted _ -> json(response, 200, b.answer(clock.millis() - began, Map.of()));
        case Outcome.Rejected r ->
            json(response, 200, b.answer(clock.millis() - began, b.rejected(r)));
        case Outcome.Unavailable u -> again(response, u);
      }
    } catch (BusyException e) {
      again(response, e.outcome());
    } catch (CodecException e) {
      endpoint.refused(1, String.valueOf(e.getMessage()));
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
