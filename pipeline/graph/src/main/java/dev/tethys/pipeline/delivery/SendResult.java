package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Response of the remote system to a request. */
public sealed interface SendResult {
  SendResult DELIVERED = new Delivered();

  /** Accepted completely. */
  record Delivered() implements SendResult {}

  /**
   * Transferred to {@linkplain Outbox#transferIn another outbox}, which accounts for its items and
   * reports the outcome.
   *
   * @param outcome future outcome of the request
   */
  record Reassigned(CompletionStage<Outcome> outcome) implements SendResult {}

  /** Accepted except for some items, which are permanently rejected and not identified. */
  record Partial(int refused, String reason) implements SendResult {}

  /**
   * Temporary failure: overload, 429, 5xx, no connection.
   *
   * @param after retry delay, zero if unspecified
   * @param overload whether the destination requests less load; concurrency is then reduced
   */
  record Retryable(Duration after, boolean overload, String reason) implements SendResult {}

  /** Permanent: the request becomes a dead letter. */
  record Permanent(String reason) implements SendResult {}

  /**
   * Request rejected in its size or composition: these requests, which together carry its items,
   * are sent instead, in order.
   */
  record Split(List<EncodedRequest> requests, String reason) implements SendResult {}

  /**
   * Outcome for each item: delivered, rejected, or to be retried; the counts add up to the items of
   * the request. After a crash a request on disk is sent again as a whole: a remote system with
   * such responses must tolerate duplicates.
   *
   * @param delivered number of delivered items
   * @param refused request that becomes a dead letter
   * @param again request to retry; null if none
   * @param after delay before the retry; zero if none was given
   * @param overload whether the remote system requests a lower rate
   * @param reason reason for the retry; "" for none
   */
  record PerItem(
      int delivered,
      List<Refused> refused,
      @Nullable EncodedRequest again,
      Duration after,
      boolean overload,
      String reason)
      implements SendResult {
    public PerItem {
      refused = List.copyOf(refused);
    }

    /** Returns the number of items in the result. */
    public long items() {
      return delivered
          + refused.stream().mapToLong(r -> r.request().items()).sum()
          + (again == null ? 0 : again.items());
    }
  }

  /** Part of a request that its destination will never accept, with the reason. */
  record Refused(EncodedRequest request, String reason) {}
}
