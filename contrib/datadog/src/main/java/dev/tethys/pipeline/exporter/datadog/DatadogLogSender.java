package dev.tethys.pipeline.exporter.datadog;

import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.PostSender;
import java.io.IOException;
import java.net.URI;

/**
 * Sends log records and manifests of Kubernetes objects, each to its own intake.
 *
 * @param manifests URL of the intake of manifests
 */
record DatadogLogSender(PostSender logs, URI manifests, HttpEndpoint endpoint) implements Sender {
  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    if (!DatadogManifests.INTAKE.equals(p.headers().get(DatadogSender.INTAKE))) {
      return logs.send(p);
    }
    HttpEndpoint.Reply r = endpoint.call("POST", manifests, LineRequestEncoder.sent(p), p.body());
    return r.isOk() ? SendResult.DELIVERED : HttpEndpoint.judge(r);
  }
}
