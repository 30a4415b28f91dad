package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What a destination said to a parcel. */
public sealed interface SendResult {
  SendResult DELIVERED = new Delivered();

  /** It has all of it. */
  record Delivered() implements SendResult {}

  /**
   * Another outbox {@linkplain Outbox#adopt has adopted} it: what comes of it is told there, and
   * its items are that one's.
   *
   * @param outcome what will have become of it
   */
  record Reassigned(CompletionStage<Outcome> outcome) implements SendResult {}

  /** It has all but some items, which it will never take and which nobody can name. */
  record Partial(int refused, String reason) implements SendResult {}

  /**
   * Not now: overload, 429, 5xx, no connection.
   *
   * @param after when to try again, zero when it did not say
   * @param overload whether it asks for less; fewer requests are then made at once
   */
  record Retryable(Duration after, boolean overload, String reason) implements SendResult {}

  /** Permanent: the parcel becomes a dead letter. */
  record Permanent(String reason) implements SendResult {}

  /**
   * Not in this size or composition: these are sent in its place, in order; together they carry its
   * items.
   */
  record Split(List<EncodedRequest> parcels, String reason) implements SendResult {}

  /**
   * Its items had different fates, and the destination named them: it has some, others it will
   * never take, others are to come again. What is counted adds up to the items of the parcel. After
   * a crash a parcel on disk is sent as a whole once more: a destination that says this needs to
   * bear repetition.
   *
   * @param delivered how many items it has
   * @param refused what becomes a dead letter
   * @param again what is sent again later, null for nothing
   * @param after when, zero when it did not say
   * @param overload whether it asks for less
   * @param reason why something comes again; "" when nothing does
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

    /** All items that it tells of. */
    public long items() {
      return delivered
          + refused.stream().mapToLong(r -> r.parcel().items()).sum()
          + (again == null ? 0 : again.items());
    }
  }

  /** A part of a parcel that its destination will never take, and why. */
  record Refused(EncodedRequest parcel, String reason) {}
}
