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
 * What one integration is to tell.
 *
 * @param groupKey names the group, the same in each notification about it
 * @param alerts those that it is to hear of, in order
 * @param data of all of them, for templates
 * @param memo what the notifier remembers from one notification about the group to the next: it may
 *     put strings there, which are kept once it succeeded
 */
public record Notification(
    String groupKey, List<Alert> alerts, TemplateData data, Instant now, Map<String, String> memo) {
  /** Whether something fires. */
  public boolean isFiring() {
    return data.status().equals("firing");
  }

  /** The SHA-256 of the group's key: services want short names for incidents. */
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
