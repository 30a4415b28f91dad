package dev.tethys.pipeline.exporter.loadbalancing;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.exporter.otlp.OtlpRequestEncoder;
import dev.tethys.pipeline.ledger.ItemAccounting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Moves the queued requests of a removed backend to the remaining ones: each request is split by
 * new owner, and the owners' queues take the parts.
 */
final class BackendHandoff implements Sender {
  private final LoadBalancer balancer;
  private final OtlpRequestEncoder encoder;
  private final ItemAccounting account;

  BackendHandoff(LoadBalancer balancer, OtlpRequestEncoder encoder, ItemAccounting account) {
    this.balancer = balancer;
    this.encoder = encoder;
    this.account = account;
  }

  @Override
  public SendResult send(EncodedRequest p) {
    LoadBalancer.Members members = balancer.members();
    try {
      return members.isEmpty()
          ? new SendResult.Retryable(Duration.ZERO, false, balancer.noBackendReason())
          : forward(p, members);
    } catch (CodecException e) {
      return new SendResult.Permanent("it cannot be read back: " + e.getMessage());
    } finally {
      members.release();
    }
  }

  private SendResult forward(EncodedRequest p, LoadBalancer.Members members) {
    Map<Backend, Batch> parts = balancer.splitKeylessTogether(encoder.unpack(p), members);
    if (parts.size() > 1) {
      List<EncodedRequest> each = new ArrayList<>();
      parts.values().forEach(b -> each.add(encoder.like(p, b)));
      return new SendResult.Split(each, "its backend is gone");
    }
    for (Backend to : parts.keySet()) {
      CompletableFuture<Outcome> result = new CompletableFuture<>();
      Outcome refusal = to.queue().transferIn(p, result::complete);
      if (refusal == null) {
        return new SendResult.Reassigned(result);
      }
      account.take(p.items()); // it was returned, and is held here again
      return switch (refusal) {
        case Outcome.Unavailable u -> new SendResult.Retryable(u.retryAfter(), false, u.reason());
        case Outcome.Rejected r -> new SendResult.Permanent(r.reason());
        case Outcome.Accepted _ ->
            throw new IllegalStateException("a queue dropped a request held by another queue");
      };
    }
    return SendResult.DELIVERED; // it was empty
  }
}
