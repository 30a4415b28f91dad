package dev.tethys.alert.rule;

import dev.tethys.model.Labels;
import java.time.Duration;
import java.time.Instant;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * One alert at one moment.
 *
 * @param labels identity of the alert, including the name of the rule
 * @param annotations texts of notifications
 * @param value latest value of the query
 * @param activeAt start of the alert in query results
 * @param firedAt time at which the alert started firing; null before that
 * @param resolvedAt time at which the alert was resolved; null while it is active
 * @param lastSentAt time of the last sending; null if never sent
 * @param validUntil time until which Alertmanager keeps the alert active without another
 *     notification; null before the first send
 * @param keepFiringSince time since which the query no longer returns it while it keeps firing;
 *     null otherwise
 */
public record Alert(
    AlertState state,
    Labels labels,
    SortedMap<String, String> annotations,
    double value,
    Instant activeAt,
    @Nullable Instant firedAt,
    @Nullable Instant resolvedAt,
    @Nullable Instant lastSentAt,
    @Nullable Instant validUntil,
    @Nullable Instant keepFiringSince) {

  static Alert pending(
      Labels labels, SortedMap<String, String> annotations, double value, Instant at) {
    return new Alert(
        AlertState.PENDING, labels, annotations, value, at, null, null, null, null, null);
  }

  Alert with(SortedMap<String, String> newAnnotations, double newValue) {
    return new Alert(
        state,
        labels,
        newAnnotations,
        newValue,
        activeAt,
        firedAt,
        resolvedAt,
        lastSentAt,
        validUntil,
        keepFiringSince);
  }

  Alert fired(Instant at) {
    return new Alert(
        AlertState.FIRING,
        labels,
        annotations,
        value,
        activeAt,
        at,
        resolvedAt,
        lastSentAt,
        validUntil,
        keepFiringSince);
  }

  Alert resolved(Instant at) {
    return new Alert(
        AlertState.INACTIVE,
        labels,
        annotations,
        value,
        activeAt,
        firedAt,
        at,
        lastSentAt,
        validUntil,
        keepFiringSince);
  }

  /** Returns to pending, because the rule's {@code for} was raised. */
  Alert pendingAgain() {
    return new Alert(
        AlertState.PENDING,
        labels,
        annotations,
        value,
        activeAt,
        null,
        resolvedAt,
        null,
        validUntil,
        null);
  }

  Alert keptFiringSince(@Nullable Instant since) {
    return new Alert(
        state,
        labels,
        annotations,
        value,
        activeAt,
        firedAt,
        resolvedAt,
        lastSentAt,
        validUntil,
        since);
  }

  Alert activeSince(Instant at) {
    return new Alert(
        state,
        labels,
        annotations,
        value,
        at,
        firedAt,
        resolvedAt,
        lastSentAt,
        validUntil,
        keepFiringSince);
  }

  Alert sent(Instant at, Instant until) {
    return new Alert(
        state,
        labels,
        annotations,
        value,
        activeAt,
        firedAt,
        resolvedAt,
        at,
        until,
        keepFiringSince);
  }

  boolean needsSending(Instant now, Duration resendDelay) {
    if (state == AlertState.PENDING) {
      return false;
    }
    Instant last = lastSentAt;
    return last == null
        || resolvedAt != null && resolvedAt.isAfter(last)
        || last.plus(resendDelay).isBefore(now);
  }
}
