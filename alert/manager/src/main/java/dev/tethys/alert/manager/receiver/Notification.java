package dev.tethys.alert.manager.receiver;

import dev.tethys.alert.manager.state.Alert;
import dev.tethys.alert.manager.template.TemplateData;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Notification for one integration.
 *
 * @param groupKey identifies the group, the same in each notification about it
 * @param alerts ordered alerts to notify about
 * @param data template data for all alerts
 * @param memo state of the notifier kept between notifications of a group: it may add strings,
 *     which are stored once the notification succeeded
 */
public record Notification(
    String groupKey, List<Alert> alerts, TemplateData data, Instant now, Map<String, String> memo) {
  /** Whether any alert is firing. */
  public boolean isFiring() {
    return data.status().equals("firing");
  }

  /** Returns the SHA-256 of the group key, because services require short names for incidents. */
  public String groupHash() {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(groupKey.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
