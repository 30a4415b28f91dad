package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.PostSender;
import java.io.IOException;
import java.net.URI;

/** Sends series and sketches, each to its own intake. */
final class DatadogSender implements Sender {
  /** The header of requests that are not series. */
  static final String INTAKE = "tethys-intake";

  static final String SKETCHES = "sketches";

  private final PostSender series;
  private final PostSender sketches;

  DatadogSender(
      URI url, HttpEndpoint endpoint, LineRequestEncoder series, LineRequestEncoder sketches) {
    this.series = new PostSender(url.resolve("/api/v2/series"), endpoint, series);
    this.sketches = new PostSender(url.resolve("/api/beta/sketches"), endpoint, sketches);
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    return (SKETCHES.equals(p.headers().get(INTAKE)) ? sketches : series).send(p);
  }
}
