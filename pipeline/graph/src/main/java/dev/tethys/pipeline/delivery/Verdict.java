package dev.tethys.pipeline.delivery;

import java.time.Duration;
import java.util.List;

/** What a destination said to a parcel. */
public sealed interface Verdict {
  Verdict DELIVERED = new Delivered();

  /** It has all of it. */
  record Delivered() implements Verdict {}

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
}
