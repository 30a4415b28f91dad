package dev.tethys.alert.manager.dispatch;

import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.state.AlertNote;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.state.NotificationLog;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Explanation of why an alert does or does not notify at a given time.
 *
 * @param alert latest version of the alert; null if none with these labels has arrived
 * @param steps the visited routes
 * @param inhibition the inhibiting alert; null if none
 * @param acknowledgement the user who has acknowledged it; null if none
 * @param branches one for each route that the alert takes
 */
public record RoutingTrace(
    Instant at,
    LabelSet labels,
    @Nullable Alert alert,
    List<RouteWalk.Step> steps,
    Inhibitor.@Nullable Inhibition inhibition,
    @Nullable AlertNote acknowledgement,
    List<Branch> branches) {

  /** Result on one route. */
  public enum Outcome {
    /** Alert that has not arrived; it would be notified after the group wait. */
    UNKNOWN("unknown"),
    OVER("over"),
    INHIBITED("inhibited"),
    MUTED("muted"),
    SILENCED("silenced"),
    /** Receiver without integrations. */
    NOBODY("nobody"),
    /** Alert whose group has not been flushed since it arrived. */
    WAITING("waiting"),
    FAILED("failed"),
    /** Alert that the next flush notifies. */
    DUE("due"),
    ACKNOWLEDGED("acknowledged"),
    NOTIFIED("notified");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }

    /** Returns the text in the API. */
    public String text() {
      return text;
    }
  }

  /**
   * A time interval of a route.
   *
   * @param active whether the route is muted outside it; otherwise it is muted within
   * @param holds whether the time is within it
   */
  public record Interval(String name, boolean active, boolean holds) {}

  /**
   * An integration of the receiver.
   *
   * @param last last notification of the group; null if none
   * @param knows whether it included this alert as firing
   * @param reason reason for which a flush now would notify, in Alertmanager's terms; "none" if it
   *     would not
   * @param repeatDue time of the next repeat if nothing changes; null if nothing was sent
   * @param attempt the outcome of the last flush; null if there was no attempt
   * @param failure its last failure
   */
  public record Notified(
      String integration,
      boolean sendResolved,
      NotificationLog.@Nullable Entry last,
      boolean knows,
      String reason,
      @Nullable Instant repeatDue,
      FlushResult.@Nullable Attempt attempt,
      FlushResult.@Nullable Attempt failure) {}

  /**
   * Matched route.
   *
   * @param id ID of the route
   * @param because explanation of the outcome in a sentence
   */
  public record Branch(
      int id,
      AlertDispatcher.GroupState group,
      List<Interval> intervals,
      List<String> silencedBy,
      List<Notified> notified,
      Outcome outcome,
      String because) {}
}
