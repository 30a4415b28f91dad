package dev.tethys.pipeline.receiver.zipkin;

import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.zipkin.ZipkinReader;
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
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;

/**
 * Zipkin's protocol: JSON of versions 1 and 2, protobuf, Thrift. The response is 202 when every
 * span was accepted; 400 if some were rejected while the others are accepted; 503 if the sender
 * should retry.
 */
public final class ZipkinProtocol {
  private final Consumer to;
  private final Scheduler clock;
  private final boolean typedTags;

  /**
   * @param to gets the spans
   * @param typedTags whether tags that look like numbers or booleans are converted
   */
  public ZipkinProtocol(Consumer to, Scheduler clock, boolean typedTags) {
    this.to = to;
    this.clock = clock;
    this.typedTags = typedTags;
  }

  /** Adds the endpoints of both versions below a prefix. */
  public void addTo(HttpServerEndpoint http, String prefix) {
    http.post(prefix + "/api/v2/spans", (request, response) -> take(2, http, request, response));
    http.post(prefix + "/api/v1/spans", (request, response) -> take(1, http, request, response));
  }

  private void take(
      int version, HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    String type = HttpServerEndpoint.mediaType(request);
    boolean thrift = type.equals("application/x-thrift");
    if (thrift && version != 1) {
      throw new HttpException(415, "spans in Thrift are of version 1: post them to /api/v1/spans");
    }
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(3L * b.length);
      long now = clock.millis() * 1000;
      ZipkinReader.Result result =
          thrift
              ? ZipkinReader.thrift(b, 0, b.length, typedTags, now)
              : type.equals("application/x-protobuf")
                  ? ZipkinReader.protobuf(b, 0, b.length, typedTags, now)
                  : ZipkinReader.json(b, 0, b.length, version, typedTags, now);
      endpoint.refused(result.refusals());
      int spans = result.traces().itemCount();
      Outcome outcome = Outcome.ACCEPTED;
      if (spans > 0) {
        Batch batch =
            new Batch(
                Signal.TRACES,
                Encoding.OTLP,
                new OtlpWriter().write(result.traces()),
                spans,
                0,
                endpoint.metadata(request));
        outcome = ReceiverAdmission.deliver(batch, to, request);
      }
      if (!result.refusals().isEmpty()) {
        String why =
            result.refusals().count()
                + " spans refused:\n"
                + result.refusals().text(x -> x.item() + ": " + x.why());
        outcome = Outcome.plus(outcome, new Outcome.Rejected(why, result.refusals().count()));
      }
      if (outcome instanceof Outcome.Accepted) {
        response.status(202).send();
      } else {
        HttpServerEndpoint.answer(response, outcome);
      }
    }
  }
}
