package dev.tethys.pipeline.receiver.remotewrite;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.remote.ValidatedWriteRequest;
import dev.tethys.codec.remote.WriteMessage;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
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
 * Remote write 1.0 and 2.0.
 *
 * <p>The response is 204 when everything was accepted; 400 for data that would fail again, while
 * the rest of the request is accepted; 503 if the sender should retry. {@code
 * X-Prometheus-Remote-Write-*-Written} always report the accepted items.
 */
public final class RemoteWriteProtocol {
  private final Consumer to;

  public RemoteWriteProtocol(Consumer to) {
    this.to = to;
  }

  /** Adds it at a path. */
  public void addTo(HttpServerEndpoint endpoint, String path) {
    endpoint.post(path, (request, response) -> handle(endpoint, request, response));
  }

  /**
   * Forwards the valid part of a request and waits.
   *
   * @return rejected even if only part of it was dropped
   */
  public static Outcome take(
      ValidatedWriteRequest t, Metadata metadata, Consumer to, HttpRequest request)
      throws InterruptedException {
    Outcome outcome = Outcome.ACCEPTED;
    if (t.body().length > 0) {
      // Data of one machine keeps its order across connections.
      long lane = (1L << 32) | (request.remoteAddress().getAddress().hashCode() & 0xffff_ffffL);
      outcome =
          ReceiverAdmission.deliver(
              new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, t.body(), t.items(), lane, metadata),
              to,
              request);
    }
    return t.problem() == null
        ? outcome
        : Outcome.plus(outcome, new Outcome.Rejected(t.problem(), t.refused()));
  }

  private void handle(HttpServerEndpoint endpoint, HttpRequest request, HttpResponse response)
      throws IOException, InterruptedException, BusyException {
    WriteMessage message;
    try {
      message = WriteMessage.ofContentType(request.header("Content-Type"));
    } catch (IllegalArgumentException e) {
      throw new HttpException(415, String.valueOf(e.getMessage()));
    }
    try (Hold hold = endpoint.admission().open()) {
      Compression c = endpoint.compression(request);
      // Old senders do not declare the compression, which is always snappy.
      byte[] b = endpoint.body(request, c == Compression.NONE ? Compression.SNAPPY : c, hold);
      hold.take(b.length);
      ValidatedWriteRequest t =
          message == WriteMessage.V1
              ? ValidatedWriteRequest.ofV1(b, 0, b.length)
              : ValidatedWriteRequest.ofV2(b, 0, b.length);
      endpoint.refused(t.refused(), String.valueOf(t.problem()));
      Outcome outcome = take(t, endpoint.metadata(request), to, request);
      written(response, t, outcome);
      HttpServerEndpoint.answer(response, outcome);
    }
  }

  /**
   * Sets the written counts. It is unknown which items were rejected downstream; floats are
   * subtracted first.
   */
  private static void written(HttpResponse response, ValidatedWriteRequest t, Outcome outcome) {
    boolean none = outcome instanceof Outcome.Unavailable;
    int further = outcome instanceof Outcome.Rejected r ? Math.max(0, r.items() - t.refused()) : 0;
    int samples = none ? 0 : Math.max(0, t.samples() - further);
    int histograms = none ? 0 : Math.max(0, t.histograms() - Math.max(0, further - t.samples()));
    int exemplars = samples + histograms == 0 ? 0 : t.exemplars();
    response
        .header("X-Prometheus-Remote-Write-Samples-Written", Integer.toString(samples))
        .header("X-Prometheus-Remote-Write-Histograms-Written", Integer.toString(histograms))
        .header("X-Prometheus-Remote-Write-Exemplars-Written", Integer.toString(exemplars));
  }
}
