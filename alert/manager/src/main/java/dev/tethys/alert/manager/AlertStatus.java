package dev.tethys.alert.manager;

import java.util.List;

/**
 * Silences and inhibitions that suppress the notifications of an alert.
 *
 * @param silencedBy ids of silences
 * @param inhibitedBy fingerprints of alerts
 */
public record AlertStatus(List<String> silencedBy, List<String> inhibitedBy) {
  public boolean isSuppressed() {
    return !silencedBy.isEmpty() || !inhibitedBy.isEmpty();
  }
}
