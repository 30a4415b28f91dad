package dev.tethys.pipeline;

import java.time.Duration;

/** What became of a batch. */
public sealed interface Outcome {
  /**
   * Every destination has it, or has it on disk, or it was dropped or put among the dead letters as
   * configured.
   */
  record Accepted() implements Outcome {}

  /**
   * Some destination does not have it, and whoever sent it is to send it again.
   *
   * @param retryAfter when; zero when the destination did not say
   * @param givenUp whether it was tried as often, or for as long, as it was to be
   */
  record Unavailable(String reason, Duration retryAfter, boolean givenUp) implements Outcome {
    /** What was not tried to the end: there was no room, or something ends. */
    public Unavailable(String reason, Duration retryAfter) {
      this(reason, retryAfter, false);
    }
  }

  /**
   * It will never be taken as it is.
   *
   * @param items how many of the batch; the others were taken
   */
  record Rejected(String reason, int items) implements Outcome {}

  Outcome ACCEPTED = new Accepted();

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
    return a instanceof Rejected x && b instanceof Rejected y
        ? new Rejected(x.reason, x.items + y.items)
        : worse(a, b);
  }
}
