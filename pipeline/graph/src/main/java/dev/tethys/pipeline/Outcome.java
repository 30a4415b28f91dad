package dev.tethys.pipeline;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Result of delivering a batch. */
public sealed interface Outcome {
  /**
   * Every destination has it, or has it on disk, or it was dropped or put among the dead letters as
   * configured.
   */
  record Accepted() implements Outcome {}

  /**
   * At least one exporter did not accept the batch; the sender should send it again.
   *
   * @param retryAfter delay before the next attempt; zero if the exporter specified none
   * @param expired whether the maximum number of attempts or the maximum time is reached
   */
  record Unavailable(String reason, Duration retryAfter, boolean expired) implements Outcome {
    /** Creates an outcome without exhausted retries: no space, or a component is stopping. */
    public Unavailable(String reason, Duration retryAfter) {
      this(reason, retryAfter, false);
    }

    /** Returns the delay before the next attempt of a sender with its own shortest delay. */
    public Duration retryAfter(Duration shortest) {
      return retryAfter.compareTo(shortest) > 0 ? retryAfter : shortest;
    }
  }

  /**
   * Some or all items will never be accepted.
   *
   * @param reason reason shown to users
   * @param items number of rejected items; the others were accepted
   * @param byReason the same items by reason, with a limited number of reasons
   * @param byItem reasons by item index in the batch, from 0; empty if unknown
   */
  record Rejected(
      String reason, int items, Map<String, Integer> byReason, Map<Integer, String> byItem)
      implements Outcome {
    /** Maximum number of separate reasons; items with other reasons are counted together. */
    private static final int MAX_REASONS = 10;

    private static final String OTHER = "other reasons";

    public Rejected {
      byReason = Collections.unmodifiableMap(new LinkedHashMap<>(byReason));
    }

    /** Creates an outcome with unknown item indexes. */
    public Rejected(String reason, int items, Map<String, Integer> byReason) {
      this(reason, items, byReason, Map.of());
    }

    /** Items with one reason. */
    public Rejected(String reason, int items) {
      this(reason, items, Map.of(reason, items));
    }

    /** Returns the combined rejection of the same batch. */
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

    /** Returns the same reasons for a number of items whose indexes belong to another batch. */
    public Rejected of(int part) {
      return part == items ? new Rejected(reason, items, byReason) : new Rejected(reason, part);
    }
  }

  Outcome ACCEPTED = new Accepted();

  /**
   * HTTP header with the number of rejected items, for protocols without a field for it; the others
   * were accepted.
   */
  String REJECTED_HEADER = "X-Tethys-Rejected-Items";

  /**
   * Returns the worse of two outcomes of a batch with two destinations: a retry wins, then the
   * larger rejection.
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

  /** Returns the combined outcome of a batch whose parts had different outcomes. */
  static Outcome plus(Outcome a, Outcome b) {
    return a instanceof Rejected x && b instanceof Rejected y ? x.plus(y) : worse(a, b);
  }
}
