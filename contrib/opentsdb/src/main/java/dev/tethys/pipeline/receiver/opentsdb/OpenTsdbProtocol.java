package dev.tethys.pipeline.receiver.opentsdb;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.TooLargeException;
import dev.tethys.codec.opentsdb.DataPoint;
import dev.tethys.codec.opentsdb.PutReader;
import dev.tethys.codec.points.PointNames;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.GoJson;
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
import java.util.ArrayList;
import java.util.List;

/**
 * OpenTSDB's {@code /api/put}. The response is 204 when everything was accepted; 400 if some points
 * were rejected while the others are accepted, listing each with {@code ?details}; 503 if the
 * sender should retry.
 */
public final class OpenTsdbProtocol {
  public static final String PUT = "/api/put";

  /** Maximum number of rejected points that are listed. */
  private static final int MAX_TOLD = 1000;

  private static final String JSON = "application/json; charset=UTF-8";

  private final PointConsumer to;
  private final PointNames names;

  public OpenTsdbProtocol(PointConsumer to, PointNames names) {
    this.to = to;
    this.names = names;
  }

  /** Adds the path. */
  public void addTo(HttpServerEndpoint endpoint) {
    endpoint.post(PUT, (q, r) -> put(endpoint, q, r));
  }

  /** Result of the points of one request. */
  private static final class Result {
    final List<String> errors = new ArrayList<>();
    final RejectedItems refusals = new RejectedItems();
    int success;
    int failed;

    void refuse(DataPoint p, String why) {
      failed++;
      refusals.add(success + failed, "", why);
      if (errors.size() < MAX_TOLD) {
        errors.add(
            "{\"datapoint\":"
                + p.json()
                + ",\"error\":"
                + GoJson.append(new StringBuilder(), why)
                + "}");
      }
    }
  }

  private void put(HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(2L * b.length);
      Result result = new Result();
      try (Points p =
          to.open(
              PipelinePoints.lane(request.remoteAddress().getAddress()),
              endpoint.metadata(request))) {
        PutReader.json(
            b,
            0,
            b.length,
            point -> {
              String why = point.put(names, p);
              if (why == null) {
                result.success++;
              } else {
                result.refuse(point, why);
              }
            });
        endpoint.refused(result.refusals);
        answer(request, response, result, p.deliver(request));
      }
    } catch (TooLargeException e) {
      error(response, 413, "Request too large", String.valueOf(e.getMessage()));
    } catch (CodecException e) {
      endpoint.refused(1, String.valueOf(e.getMessage()));
      error(response, 400, String.valueOf(e.getMessage()), "Nothing of the request was stored");
    } catch (HttpException e) {
      error(response, e.status(), String.valueOf(e.getMessage()), "");
    }
  }

  private static void answer(
      HttpRequest request, HttpResponse response, Result result, Outcome outcome)
      throws IOException {
    String further = null;
    switch (outcome) {
      case Outcome.Unavailable u -> {
        HttpServerEndpoint.retryAfter(response, u);
        error(response, 503, "Please throttle your writes: " + u.reason(), "");
        return;
      }
      case Outcome.Rejected r -> {
        int n = Math.min(result.success, r.items());
        result.success -= n;
        result.failed += n;
        further = r.reason();
      }
      case Outcome.Accepted a -> {
        // nothing was rejected downstream
      }
    }
    boolean details = request.query().has("details");
    int status = result.failed > 0 ? 400 : 200;
    if (details || request.query().has("summary")) {
      StringBuilder sb = new StringBuilder("{");
      if (details) {
        sb.append("\"errors\":[").append(String.join(",", result.errors)).append("],");
      }
      if (further != null) {
        GoJson.append(sb.append("\"message\":"), further).append(',');
      }
      sb.append("\"failed\":").append(result.failed);
      send(response, status, sb.append(",\"success\":").append(result.success).append('}'));
    } else if (result.failed == 0) {
      response.status(204).send();
    } else {
      error(
          response,
          400,
          "One or more data points had errors",
          further == null ? "Append \"details\" to the put request to see them" : further);
    }
  }

  private static void error(HttpResponse response, int status, String message, String details)
      throws IOException {
    StringBuilder sb = new StringBuilder("{\"error\":{\"code\":").append(status);
    GoJson.append(sb.append(",\"message\":"), message);
    if (!details.isEmpty()) {
      GoJson.append(sb.append(",\"details\":"), details);
    }
    send(response, status, sb.append("}}"));
  }

  private static void send(HttpResponse response, int status, StringBuilder body)
      throws IOException {
    response.status(status).send(JSON, body.toString().getBytes(StandardCharsets.UTF_8));
  }
}
