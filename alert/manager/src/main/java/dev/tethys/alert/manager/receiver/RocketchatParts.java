package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields and buttons of messages of Rocket.Chat; their keys are those that Alertmanager reads. */
final class RocketchatParts {
  private static final Section FIELD_SECTION = new Section("rocketchat_field", "A field.");
  static final Key<Boolean> SHORT =
      FIELD_SECTION.optional("short", Type.BOOL, "Beside another; else as short_fields says.");
  static final Key<String> TITLE = FIELD_SECTION.key("title", Type.STRING, "", "Its title.");
  static final Key<String> VALUE = FIELD_SECTION.key("value", Type.STRING, "", "Its value.");
  static final Type<YamlObject> FIELD = FIELD_SECTION.type(ReceiverKind::whole);

  private static final Section ACTION_SECTION = new Section("rocketchat_action", "A button.");
  static final Key<String> ACTION_TYPE = ACTION_SECTION.key("type", Type.STRING, "", "Its type.");
  static final Key<String> ACTION_TEXT = ACTION_SECTION.key("text", Type.STRING, "", "Its text.");
  static final Key<String> ACTION_URL =
      ACTION_SECTION.key("url", Type.STRING, "", "Where it leads.");
  static final Key<String> ACTION_MSG =
      ACTION_SECTION.key("msg", Type.STRING, "", "What is written when it is used.");
  static final Type<YamlObject> ACTION = ACTION_SECTION.type(ReceiverKind::whole);

  static {
    // In YAML, the names of these keys are Go's, in small letters.
    ACTION_SECTION
        .notBuilt("imageurl", "An image on the button.")
        .notBuilt("iswebview", "Open the link inside of the application.")
        .notBuilt("webviewheightratio", "How high that is.")
        .notBuilt("msginchatwindow", "Write the message into the chat.")
        .notBuilt("msgprocessingtype", "How the message is sent.");
  }

  private RocketchatParts() {}

  static List<Map<String, @Nullable Object>> fields(List<YamlObject> all, Texts t, boolean brief) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (YamlObject f : all) {
      Boolean own = f.find(SHORT);
      out.add(
          new JsonObject()
              .put("short", own == null ? brief : own)
              .add("title", t.of(f.get(TITLE)))
              .add("value", t.of(f.get(VALUE)))
              .map());
    }
    return out;
  }

  /** Rocket.Chat has no other actions than buttons. */
  static List<Map<String, @Nullable Object>> actions(List<YamlObject> all, Texts t) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (YamlObject a : all) {
      out.add(
          new JsonObject()
              .put("type", "button")
              .add("text", t.of(a.get(ACTION_TEXT)))
              .add("url", t.of(a.get(ACTION_URL)))
              .put("is_webview", false)
              .add("msg", t.of(a.get(ACTION_MSG)))
              .put("msg_in_chat_window", false)
              .map());
    }
    return out;
  }
}
