package dev.tethys.pipeline;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Result of the delivery of a batch. */
public sealed interface Outcome {
  /**
   * Every destination has it, or has it on disk, or it was dropped or put among the dead letters as
   * configured.
   */
  record Accepted() implements Outcome {}

  /**
   * At least one exporter did not accept the batch; the sender should send it again.
   *
   * @param retryAfter delay before the next attempt; zero when the exporter gave none
   * @param expired whether the maximum number of attempts or the maximum time is reached
   */
  record Unavailable(String reason, Duration retryAfter, boolean expired) implements Outcome {
    /** What was not tried to the end: there was no room, or something ends. */
    public Unavailable(String reason, Duration retryAfter) {
      this(reason, retryAfter, false);
    }

    /** Delay before the next attempt of a sender with its own shortest delay. */
    public Duration retryAfter(Duration shortest) {
      return retryAfter.compareTo(shortest) > 0 ? retryAfter : shortest;
    }
  }

  /**
   * Some or all items will never be taken as they are.
   *
   * @param reason text for people
   * @param items how many of the batch; the others were taken
   * @param byReason the same items by reason; never more reasons than a few
   * @param byItem reasons by the item's number in the batch, from 0; empty if it is not known which
   *     items were rejected
   */
  record Rejected(
      String reason, int items, Map<String, Integer> byReason, Map<Integer, String> byItem)
      implements Outcome {
    /** Reasons that are kept apart; the items of all others are counted together. */
    private static final int MAX_REASONS = 10;

    private static final String OTHER = "other reasons";

    public Rejected {
      byReason = Collections.unmodifiableMap(new LinkedHashMap<>(byReason));
    }

    /** Items of which is not known which they are. */
    public Rejected(String reason, int items, Map<String, Integer> byReason) {
      this(reason, items, byReason, Map.of());
    }

    /** Items with one reason. */
    public Rejected(String reason, int items) {
      this(reason, items, Map.of(reason, items));
    }

    /** These and others of the same batch. */
    private Rejected plus(Rejected other) {
      if (byReason.keySet().equals(other.byReason.keySet()) && byReason.size() == 1) {
        return new Rejected(reason, items + other.items);
      }
      Map<String, Integer> all = new LinkedHashMap<>(byReason);
      other.byReason.forEach(
          (why, n) ->
              all.merge(
                  all.containsKey(why) || all.size() < MAX_REASONS ? why : OTHER, n, Integer::sum));
      String text =
          all.entrySet().stream()
              .map(e -> e.getValue() + " items: " + e.getKey())
              .collect(Collectors.joining("; "));
      return new Rejected(text, items + other.items, all);
    }

    /** The same reasons for a part of the items, whose numbers are those of another batch. */
    public Rejected of(int part) {
      return part == items ? new Rejected(reason, items, byReason) : new Rejected(reason, part);
    }
  }

  Outcome ACCEPTED = new Accepted();

  /**
   * HTTP header in which a receiver says how many items of a request it rejected, where its
   * protocol has no place for that; the others were taken.
   */
  String REJECTED_HEADER = "X-Tethys-Rejected-Items";

  /**
   * What to say of a batch that went two ways and had both fates: to send again wins, then
   * rejection, the larger one.
   */
  static Outcome worse(Outcome a, Outcome b) {
    return switch (a) {
      case Accepted x -> b;
      case Unavailable x ->
          b instanceof Unavailable y && y.retryAfter.compareTo(x.retryAfter) > 0 ? b : a;
      case Rejected x ->
          switch (b) {
            case Accepted y -> a;
            case Unavailable y -> b;
            case Rejected y -> y.items > x.items ? b : a;
          };
    };
  }

  /** What to say of a batch of which one part had the one fate and another part the other. */
  static Outcome plus(Outcome a, Outcome b) {
    return a instanceof Rejected x && b instanceof Rejected y ? x.plus(y) : worse(a, b);
  }
}
