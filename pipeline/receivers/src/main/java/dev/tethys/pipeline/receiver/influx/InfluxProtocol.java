package dev.tethys.pipeline.receiver.influx;

import dev.tethys.codec.influx.InfluxPoints;
import dev.tethys.codec.influx.TelegrafSchema;
import dev.tethys.codec.influx.TimePrecision;
import dev.tethys.codec.points.PointNames;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.GoJson;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.points.PipelinePoints;
import dev.tethys.pipeline.receiver.points.PointConsumer;
import dev.tethys.pipeline.receiver.points.PointConsumer.Points;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Writes of InfluxDB over HTTP: version 1 ({@code /write}), 2 ({@code /api/v2/write}) and 3 ({@code
 * /api/v3/write_lp}), and the requests that clients make before they write.
 *
 * <p>The response is 204 when everything was accepted; 400 in each version's format if lines were
 * rejected while the others are accepted (version 3 with {@code accept_partial=false} accepts all
 * or nothing); 503 if the sender should retry.
 */
public final class InfluxProtocol {
  public static final String V1 = "/write";
  public static final String V2 = "/api/v2/write";
  public static final String V3 = "/api/v3/write_lp";

  /** Last release with this API; clients check its major version. */
  private static final String VERSION = "1.8.10";

  private static final String JSON = "application/json";

  private final PointConsumer to;
  private final PointNames names;
  private final TelegrafSchema schema;
  private final String databaseLabel;
  private final LongSupplier millis;

  private enum Version {
    V1("db"),
    V2("bucket"),
    V3("db");

    private final String database;

    Version(String database) {
      this.database = database;
    }
  }

  /**
   * Creates the protocol.
   *
   * @param databaseLabel label of every series with the written database or bucket; "" for none
   * @param millis time of points without one
   */
  public InfluxProtocol(
      PointConsumer to, PointNames names, String databaseLabel, LongSupplier millis) {
    this(to, names, TelegrafSchema.V2, databaseLabel, millis);
  }

  /** Creates the protocol for lines that Telegraf may have written with a schema. */
  InfluxProtocol(
      PointConsumer to,
      PointNames names,
      TelegrafSchema schema,
      String databaseLabel,
      LongSupplier millis) {
    this.to = to;
    this.names = names;
    this.schema = schema;
    this.databaseLabel = databaseLabel;
    this.millis = millis;
  }

  /** Adds the paths for writes. */
  public void addWrites(HttpServerEndpoint endpoint) {
    endpoint.post(V1, (q, r) -> write(Version.V1, endpoint, q, r));
    endpoint.post(V2, (q, r) -> write(Version.V2, endpoint, q, r));
    endpoint.post(V3, (q, r) -> write(Version.V3, endpoint, q, r));
  }

  /**
   * Adds requests that clients make before they write: health checks and creation of a database.
   */
  public void addQuestions(HttpServerEndpoint endpoint) {
    for (String method : new String[] {"GET", "HEAD"}) {
      endpoint.on(
          method, "/ping", (q, r) -> r.header("X-Influxdb-Version", VERSION).status(204).send());
    }
    endpoint.on("POST", "/query", InfluxProtocol::query);
  }

  /** Adds further client requests, whose paths have another meaning on a server with pages. */
  public void addMoreQuestions(HttpServerEndpoint endpoint) {
    endpoint.on(
        "GET", "/health", (q, r) -> json(r, 200, "{\"name\":\"influxdb\",\"status\":\"pass\"}"));
    endpoint.on("GET", "/query", InfluxProtocol::query);
  }

  private static void json(HttpResponse response, int status, String body) throws IOException {
    response.status(status).send(JSON, (body + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static String quoted(String s) {
    return GoJson.append(new StringBuilder(), s).toString();
  }

  private static void query(HttpRequest request, HttpResponse response) throws IOException {
    String q = request.params().first("q", "").strip();
    if (q.toUpperCase(Locale.ROOT).startsWith("CREATE DATABASE")) {
      json(response, 200, "{\"results\":[{\"statement_id\":0}]}");
    } else {
      json(
          response,
          400,
          "{\"error\":" + quoted("only CREATE DATABASE is answered here, not: " + q) + "}");
    }
  }

  private void write(
      Version v, HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    try {
      accept(v, endpoint, request, response);
    } catch (HttpException e) {
      refuse(v, response, e.status(), String.valueOf(e.getMessage()));
    }
  }

  private void accept(
      Version v, HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    String word = request.query().first("precision", v == Version.V3 ? "auto" : "");
    TimePrecision precision = TimePrecision.named(word);
    if (precision == null) {
      throw new HttpException(400, "invalid precision \"" + word + "\" (use n, u, ms, s, m or h)");
    }
    String database = request.query().first(v.database, "");
    Labels extra =
        databaseLabel.isEmpty() || database.isEmpty()
            ? Labels.EMPTY
            : Labels.of(databaseLabel, database);
    boolean whole = v == Version.V3 && "false".equals(request.query().first("accept_partial"));
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(2L * b.length);
      InfluxPoints points = new InfluxPoints(names, extra, schema);
      long lane = PipelinePoints.lane(request.remoteAddress().getAddress());
      try (Points p = to.open(lane, endpoint.metadata(request))) {
        points.read(b, 0, b.length, precision, millis.getAsLong(), p);
        endpoint.refused(points.refusals());
        Outcome outcome =
            whole && !points.refusals().isEmpty() ? Outcome.ACCEPTED : p.deliver(request);
        answer(v, response, points, outcome, whole);
      }
    }
  }

  private static void answer(
      Version v, HttpResponse response, InfluxPoints points, Outcome outcome, boolean whole)
      throws IOException {
    RejectedItems refusals = points.refusals();
    switch (outcome) {
      case Outcome.Unavailable u -> {
        HttpServerEndpoint.retryAfter(response, u);
        refuse(v, response, 503, u.reason());
      }
      case Outcome.Rejected r -> {
        String more = refusals.isEmpty() ? "" : "\n" + text(refusals);
        refuse(v, response, 400, "partial write: " + r.reason() + " dropped=" + r.items() + more);
      }
      case Outcome.Accepted a -> {
        if (refusals.isEmpty()) {
          response.status(204).send();
        } else if (v == Version.V3) {
          partial(response, refusals, whole);
        } else {
          boolean nothing = points.taken() == 0 && points.texts() == 0;
          refuse(
              v,
              response,
              400,
              nothing ? text(refusals) : "partial write: " + text(refusals) + " dropped=0");
        }
      }
    }
  }

  private static String text(RejectedItems refusals) {
    return refusals.text(r -> "unable to parse '" + r.item() + "': " + r.why());
  }

  private static void refuse(Version v, HttpResponse response, int status, String why)
      throws IOException {
    if (v == Version.V2) {
      String code =
          switch (status) {
            case 503 -> "unavailable";
            case 413 -> "request too large";
            default -> "invalid";
          };
      json(response, status, "{\"code\":" + quoted(code) + ",\"message\":" + quoted(why) + "}");
      return;
    }
    if (v == Version.V1) {
      // Where InfluxDB's own clients look; a header holds one line.
      response.header("X-Influxdb-Error", why.replaceAll("[^\\x20-\\x7e]+", " "));
    }
    json(response, status, "{\"error\":" + quoted(why) + "}");
  }

  private static void partial(HttpResponse response, RejectedItems refusals, boolean whole)
      throws IOException {
    StringBuilder sb = new StringBuilder("{\"error\":");
    sb.append(
        quoted(
            whole
                ? "parsing failed for write_lp endpoint"
                : "partial write of line protocol occurred"));
    sb.append(",\"data\":[");
    String comma = "";
    for (RejectedItems.Refusal r : refusals.kept()) {
      sb.append(comma).append("{\"original_line\":");
      GoJson.append(sb, r.item());
      sb.append(",\"line_number\":").append(r.number()).append(",\"error_message\":");
      GoJson.append(sb, r.why()).append('}');
      comma = ",";
    }
    json(response, 400, sb.append("]}").toString());
  }
}
