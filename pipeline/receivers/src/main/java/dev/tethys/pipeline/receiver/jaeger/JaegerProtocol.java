package dev.tethys.pipeline.receiver.jaeger;

import dev.tethys.codec.jaeger.JaegerBatch;
import dev.tethys.codec.jaeger.JaegerReader;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.ReceiverAdmission.BusyException;
import dev.tethys.pipeline.server.ReceiverAdmission.Hold;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Jaeger's protocols that senders get a response in: {@code api_v2} over gRPC, Thrift over HTTP.
 */
public final class JaegerProtocol {
  private static final String POST_SPANS = "/jaeger.api_v2.CollectorService/PostSpans";

  private final Consumer to;

  /**
   * @param to consumer of the spans
   */
  public JaegerProtocol(Consumer to) {
    this.to = to;
  }

  /** Adds the method of Jaeger's collector. */
  public void addTo(GrpcServerEndpoint grpc) {
    grpc.method(
        POST_SPANS,
        (message, request, hold, metadata) -> {
          hold.take(3L * message.length);
          JaegerBatch b = JaegerReader.protobuf(message, 0, message.length);
          RejectedItems refusals = new RejectedItems();
          Outcome o = take(b, refusals, metadata, request);
          grpc.refused(refusals);
          return GrpcServerEndpoint.empty(o);
        });
  }

  /** Adds the endpoint for batches in Thrift at a path. */
  public void addTo(HttpServerEndpoint http, String path) {
    http.post(path, (request, response) -> post(http, request, response));
  }

  static @Nullable Batch batch(JaegerBatch b, Metadata metadata, RejectedItems refusals) {
    TracesData traces = b.traces(refusals);
    int spans = traces.itemCount();
    return spans == 0
        ? null
        : new Batch(
            Signal.TRACES, Encoding.OTLP, new OtlpWriter().write(traces), spans, 0, metadata);
  }

  private Outcome take(
      JaegerBatch b, RejectedItems refusals, Metadata metadata, HttpRequest request)
      throws InterruptedException {
    Batch batch = batch(b, metadata, refusals);
    Outcome o = batch == null ? Outcome.ACCEPTED : ReceiverAdmission.deliver(batch, to, request);
    return refusals.isEmpty()
        ? o
        : Outcome.plus(
            o,
            new Outcome.Rejected(
                refusals.count()
                    + " spans refused:\n"
                    + refusals.text(x -> x.item() + ": " + x.why()),
                refusals.count()));
  }

  private void post(HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    String type = HttpServerEndpoint.mediaType(request);
    if (!type.equals("application/x-thrift")
        && !type.equals("application/vnd.apache.thrift.binary")) {
      response.status(400).send("Unsupported content type: " + type + "\n");
      return;
    }
    try (Hold hold = endpoint.admission().open()) {
      byte[] b = endpoint.body(request, endpoint.compression(request), hold);
      hold.take(3L * b.length);
      RejectedItems refusals = new RejectedItems();
      JaegerBatch batch = JaegerReader.thrift(b, 0, b.length);
      Outcome o = take(batch, refusals, endpoint.metadata(request), request);
      endpoint.refused(refusals);
      if (o instanceof Outcome.Accepted) {
        response.status(202).send();
      } else {
        HttpServerEndpoint.answer(response, o);
      }
    }
  }
}
