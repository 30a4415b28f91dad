package dev.tethys.pipeline.delivery;

import dev.tethys.pipeline.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** What a destination said to a parcel. */
public sealed interface Verdict {
  Verdict DELIVERED = new Delivered();

  /** It has all of it. */
  record Delivered() implements Verdict {}

  /**
   * Another outbox {@linkplain Outbox#adopt has adopted} it: what comes of it is told there, and
   * its items are that one's.
   *
   * @param outcome what will have become of it
   */
  record Moved(CompletionStage<Outcome> outcome) implements Verdict {}

  /** It has all but some items, which it will never take and which nobody can name. */
  record Partial(int refused, String reason) implements Verdict {}

  /**
   * Not now: overload, 429, 5xx, no connection.
   *
   * @param after when to try again, zero when it did not say
   * @param overload whether it asks for less; fewer requests are then made at once
   */
  record Later(Duration after, boolean overload, String reason) implements Verdict {}

  /** Never: the parcel becomes a dead letter. */
  record Never(String reason) implements Verdict {}

  /**
   * Not in this size or composition: these are sent in its place, in order; together they carry its
   * items.
   */
  record Instead(List<Parcel> parcels, String reason) implements Verdict {}

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
  record Sorted(
      int delivered,
      List<Refused> refused,
      @Nullable Parcel again,
      Duration after,
      boolean overload,
      String reason)
      implements Verdict {
    public Sorted {
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
  record Refused(Parcel parcel, String reason) {}
}
