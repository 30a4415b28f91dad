package dev.tethys.pipeline.client;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.wire.RpcStatus;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.GrpcReply;

/**
 * Counts of rejected items that receivers of Tethys add to a refusal of protocols without partial
 * success: {@link Outcome#REJECTED_HEADER} over HTTP, an ErrorInfo over gRPC.
 */
public final class Rejections {
  private Rejections() {}

  /** Returns the number of rejected items in a response; 0 if unspecified. */
  public static int items(ClientResponse a) {
    String message = a.header(Outcome.REJECTED_HEADER, "");
    return message.matches("[0-9]{1,9}") ? Integer.parseInt(message) : 0;
  }

  /** Returns the number of rejected items in a reply; 0 if unspecified. */
  public static int items(GrpcReply r) {
    byte[] details = r.details();
    if (details == null) {
      return 0;
    }
    try {
      return RpcStatus.fromProtobuf(details).rejected();
    } catch (CodecException e) {
      return 0; // the status is specific enough
    }
  }

  /** Returns the result of a rejected request: all items are lost unless fewer were rejected. */
  public static SendResult sendResult(EncodedRequest p, int rejected, String reason) {
    return rejected > 0 && rejected < p.items()
        ? new SendResult.Partial(rejected, reason)
        : new SendResult.Permanent(reason);
  }
}
