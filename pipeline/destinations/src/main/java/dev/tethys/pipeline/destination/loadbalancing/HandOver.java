package dev.tethys.pipeline.destination.loadbalancing;

import dev.tethys.codec.CodecException;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.delivery.Parcel;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.delivery.Verdict;
import dev.tethys.pipeline.destination.otlp.OtlpParcels;
import dev.tethys.pipeline.ledger.Account;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Sends what waits for a backend that is gone to those who have its keys now: first each request
 * becomes one for each of them, then their queues adopt these.
 */
final class HandOver implements Sender {
  private final LoadBalancer balancer;
  private final OtlpParcels parcels;
  private final Account account;

  HandOver(LoadBalancer balancer, OtlpParcels parcels, Account account) {
    this.balancer = balancer;
    this.parcels = parcels;
    this.account = account;
  }

  @Override
  public Verdict send(Parcel p) {
    LoadBalancer.Members members = balancer.members();
    try {
      return members.isEmpty()
          ? new Verdict.Later(Duration.ZERO, false, balancer.nobody())
          : give(p, members);
    } catch (CodecException e) {
      return new Verdict.Never("it cannot be read back: " + e.getMessage());
    } finally {
      members.release();
    }
  }

  private Verdict give(Parcel p, LoadBalancer.Members members) {
    Map<Backend, Batch> parts = balancer.partAlike(parcels.unpack(p), members);
    if (parts.size() > 1) {
      List<Parcel> each = new ArrayList<>();
      parts.values().forEach(b -> each.add(parcels.like(p, b)));
      return new Verdict.Instead(each, "its backend is gone");
    }
    for (Backend to : parts.keySet()) {
      CompletableFuture<Outcome> told = new CompletableFuture<>();
      Outcome refusal = to.queue().adopt(p, told::complete);
      if (refusal == null) {
        return new Verdict.Moved(told);
      }
      account.take(p.items()); // it was given back, and is held here again
      return switch (refusal) {
        case Outcome.Unavailable u -> new Verdict.Later(u.retryAfter(), false, u.reason());
        case Outcome.Rejected r -> new Verdict.Never(r.reason());
        case Outcome.Accepted _ ->
            throw new IllegalStateException("a queue dropped what another holds");
      };
    }
    return Verdict.DELIVERED; // nothing was in it
  }
}
