package dev.tethys.pipeline.exporter.rows;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import java.io.IOException;
import java.net.URI;

/**
 * Posts requests to a server that accepts or rejects a request as a whole. A request that is too
 * large or contains an invalid item (400, 413, 422) is split until the invalid item is isolated; it
 * becomes a dead letter.
 */
public final class PostSender implements Sender {
  private final URI url;
  private final HttpEndpoint endpoint;
  private final LineRequestEncoder encoder;

  public PostSender(URI url, HttpEndpoint endpoint, LineRequestEncoder encoder) {
    this.url = url;
    this.endpoint = endpoint;
    this.encoder = encoder;
  }

  @Override
  public SendResult send(EncodedRequest p) throws IOException, InterruptedException {
    HttpEndpoint.Reply r = endpoint.call("POST", url, LineRequestEncoder.sent(p), p.body());
    if (r.isOk()) {
      return SendResult.DELIVERED;
    }
    try {
      return switch (r.status()) {
        case 400, 413, 422 -> encoder.halves(p, r.reason());
        default -> HttpEndpoint.judge(r);
      };
    } catch (CodecException e) {
      return new SendResult.Permanent(r.reason());
    }
  }
}
