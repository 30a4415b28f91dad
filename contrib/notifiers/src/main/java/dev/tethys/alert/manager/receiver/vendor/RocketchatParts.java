package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.JsonObject;
import dev.tethys.alert.manager.receiver.ReceiverKind;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields and buttons of messages of Rocket.Chat; their keys are those read by Alertmanager. */
final class RocketchatParts {
  private static final Section FIELD_SECTION =
      new Section("rocketchat_field", "Field of the message.");
  static final Key<Boolean> SHORT =
      FIELD_SECTION.optional(
          "short",
          Type.BOOL,
          "If true, the field is shown next to another; short_fields by default.");
  static final Key<String> TITLE =
      FIELD_SECTION.key("title", Type.STRING, "", "Title of the field.");
  static final Key<String> VALUE =
      FIELD_SECTION.key("value", Type.STRING, "", "Value of the field.");
  static final Type<YamlObject> FIELD = FIELD_SECTION.type(ReceiverKind::whole);

  private static final Section ACTION_SECTION =
      new Section("rocketchat_action", "Button of the message.");
  static final Key<String> ACTION_TYPE =
      ACTION_SECTION.key("type", Type.STRING, "", "Type of the button.");
  static final Key<String> ACTION_TEXT =
      ACTION_SECTION.key("text", Type.STRING, "", "Label of the button.");
  static final Key<String> ACTION_URL = ACTION_SECTION.key("url", Type.STRING, "", "Link target.");
  static final Key<String> ACTION_MSG =
      ACTION_SECTION.key("msg", Type.STRING, "", "Message that the button sends.");
  // In YAML, the names of these keys are Go's, in small letters.
  static final Key<String> ACTION_IMAGE =
      ACTION_SECTION.key("imageurl", Type.STRING, "", "URL of the image on the button.");
  static final Key<Boolean> ACTION_WEBVIEW =
      ACTION_SECTION.key(
          "iswebview", Type.BOOL, false, "If true, the link opens inside the application.");
  static final Key<String> ACTION_HEIGHT =
      ACTION_SECTION.key(
          "webviewheightratio", Type.STRING, "", "Height of the web view: compact, tall or full.");
  static final Key<Boolean> ACTION_IN_CHAT =
      ACTION_SECTION.key(
          "msginchatwindow",
          Type.BOOL,
          false,
          "If true, msg is written into the chat; otherwise it is not sent.");
  static final Key<String> ACTION_PROCESSING =
      ACTION_SECTION.key(
          "msgprocessingtype",
          Type.STRING,
          "",
          "Processing of msg: sendMessage or respondWithMessage.");
  static final Type<YamlObject> ACTION = ACTION_SECTION.type(ReceiverKind::whole);

  private RocketchatParts() {}

  static List<Map<String, @Nullable Object>> fields(
      List<YamlObject> all, TemplateExpander t, boolean brief) {
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

  /**
   * Returns the actions; Rocket.Chat supports only buttons. Alertmanager reads five of the keys but
   * sends none, so its buttons with a {@code msg} are not shown; here they are sent.
   */
  static List<Map<String, @Nullable Object>> actions(List<YamlObject> all, TemplateExpander t) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (YamlObject a : all) {
      out.add(
          new JsonObject()
              .put("type", "button")
              .add("text", t.of(a.get(ACTION_TEXT)))
              .add("url", t.of(a.get(ACTION_URL)))
              .add("image_url", t.of(a.get(ACTION_IMAGE)))
              .put("is_webview", a.get(ACTION_WEBVIEW))
              .add("webview_height_ratio", t.of(a.get(ACTION_HEIGHT)))
              .add("msg", t.of(a.get(ACTION_MSG)))
              .put("msg_in_chat_window", a.get(ACTION_IN_CHAT))
              .add("msg_processing_type", t.of(a.get(ACTION_PROCESSING)))
              .map());
    }
    return out;
  }
}
