package dev.tethys.pipeline.extension.opamp;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.AgentToServer.Available;
import dev.tethys.codec.opamp.CustomMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReportsTest {
  private final Reports reports =
      new Reports(
          new UUID(1, 2),
          0,
          new Available(new byte[0], Map.of()),
          Duration.ZERO,
          System::nanoTime,
          System.getLogger("reports"),
          null);

  private static CustomMessage message(String type, int value) {
    return new CustomMessage("capability", type, new byte[] {(byte) value});
  }

  /** Sends all that is pending; the custom messages as type and value. */
  private List<String> sent() {
    List<String> out = new ArrayList<>();
    for (Reports.@Nullable Draft d; (d = reports.next(false)) != null; ) {
      CustomMessage custom = d.message().custom();
      if (custom != null) {
        out.add(custom.type() + custom.data()[0]);
      }
      reports.messageSent(requireNonNull(d));
    }
    return out;
  }

  @Test
  void sendsCustomMessagesOfSeveralTypes() {
    reports.sendCustom(message("accounts", 1));
    reports.sendCustom(message("volumes", 2));
    reports.sendCustom(message("accounts", 3));

    assertThat(sent()).containsExactly("accounts3", "volumes2");
    assertThat(sent()).isEmpty();
  }

  @Test
  void resendsLastCustomMessagesOnANewConnection() {
    reports.sendCustom(message("accounts", 1));
    reports.sendCustom(message("volumes", 2));
    assertThat(sent()).hasSize(2);

    reports.begin();

    assertThat(sent()).containsExactlyInAnyOrder("accounts1", "volumes2");
  }

  /** Former counts would seem to be those of the connection's begin. */
  @Test
  void recreatesCountsForANewConnection() {
    reports.sendCountsAnew(Set.of("volumes"));
    reports.sendCustom(message("tap", 1));
    reports.sendCustom(message("volumes", 2));
    assertThat(sent()).hasSize(2);
    reports.sendCustom(message("volumes", 3)); // unsent when the connection breaks
    long before = reports.wholes();

    reports.begin();

    assertThat(sent()).containsExactly("tap1");
    assertThat(reports.wholes()).isGreaterThan(before);
    reports.sendCustom(message("volumes", 4));
    assertThat(sent()).containsExactly("volumes4");
  }

  @Test
  void sendsMessageReplacedDuringSending() {
    reports.sendCustom(message("accounts", 1));
    Reports.Draft d = requireNonNull(reports.next(false));
    reports.sendCustom(message("accounts", 2));
    reports.messageSent(d);

    assertThat(sent()).containsExactly("accounts2");
  }
}
