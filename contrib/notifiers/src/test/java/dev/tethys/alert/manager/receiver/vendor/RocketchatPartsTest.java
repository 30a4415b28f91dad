package dev.tethys.alert.manager.receiver.vendor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.receiver.Notification;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.alert.manager.state.LabelSet;
import dev.tethys.alert.manager.template.Templates;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RocketchatPartsTest {
  /** Rocket.Chat shows a button that writes a message only when it is for the chat's window. */
  @Test
  void sendsAllKeysOfButtons() throws Exception {
    YamlObject button =
        RocketchatParts.ACTION.read(
            YamlDocument.parse(
                    "am.yml",
                    null,
                    """
                    text: ack
                    msg: '/ack {{ .Receiver }}'
                    imageurl: http://images/{{ .Status }}
                    msginchatwindow: true
                    msgprocessingtype: respondWithMessage
                    iswebview: true
                    webviewheightratio: tall
                    """)
                .root());
    Instant now = Instant.EPOCH;
    Templates templates = Templates.load(List.of(), () -> now, "http://am");
    Notification n =
        new Notification(
            "{}:{}",
            List.of(),
            templates.data(
                "r", LabelSet.EMPTY, LabelSet.EMPTY, "first notification", List.of(), now),
            now,
            Map.of());
    assertThat(RocketchatParts.actions(List.of(button), new TemplateExpander(templates, button, n)))
        .containsExactly(
            Map.of(
                "type", "button",
                "text", "ack",
                "image_url", "http://images/resolved",
                "is_webview", true,
                "webview_height_ratio", "tall",
                "msg", "/ack r",
                "msg_in_chat_window", true,
                "msg_processing_type", "respondWithMessage"));
  }
}
