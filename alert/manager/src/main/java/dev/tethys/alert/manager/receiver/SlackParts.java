package dev.tethys.alert.manager.receiver;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fields and buttons of messages of Slack. */
final class SlackParts {
  private static final Section FIELD_SECTION =
      new Section("slack_field", "Field of an attachment.");
  static final Key<String> TITLE =
      FIELD_SECTION.key("title", Type.STRING, "", "Title of the field.");
  static final Key<String> VALUE =
      FIELD_SECTION.key("value", Type.STRING, "", "Value of the field.");
  static final Key<Boolean> SHORT =
      FIELD_SECTION.optional(
          "short",
          Type.BOOL,
          "If true, the field is shown next to another; short_fields by default.");
  static final Type<YamlObject> FIELD =
      FIELD_SECTION.type(
          o -> {
            o.readAll();
            require(o, TITLE, "missing title in Slack field configuration");
            require(o, VALUE, "missing value in Slack field configuration");
            return o;
          });

  private static final Section CONFIRM_SECTION =
      new Section("slack_confirm", "Confirmation dialog.");
  static final Key<String> CONFIRM_TEXT =
      CONFIRM_SECTION.key("text", Type.STRING, "", "Question of the dialog.");
  static final Key<String> CONFIRM_TITLE =
      CONFIRM_SECTION.key("title", Type.STRING, "", "Title of the dialog.");
  static final Key<String> CONFIRM_OK =
      CONFIRM_SECTION.key("ok_text", Type.STRING, "", "Label of the confirm button.");
  static final Key<String> CONFIRM_DISMISS =
      CONFIRM_SECTION.key("dismiss_text", Type.STRING, "", "Label of the dismiss button.");

  private static final Section ACTION_SECTION =
      new Section("slack_action", "Button of an attachment.");
  static final Key<String> ACTION_TYPE =
      ACTION_SECTION.key("type", Type.STRING, "", "Type of the button.");
  static final Key<String> ACTION_TEXT =
      ACTION_SECTION.key("text", Type.STRING, "", "Label of the button.");
  static final Key<String> ACTION_URL =
      ACTION_SECTION.key("url", Type.STRING, "", "Link target of the button.");
  static final Key<String> ACTION_NAME =
      ACTION_SECTION.key("name", Type.STRING, "", "Name sent back by the button.");
  static final Key<String> ACTION_VALUE =
      ACTION_SECTION.key("value", Type.STRING, "", "Value sent back with the name.");
  static final Key<String> ACTION_STYLE =
      ACTION_SECTION.key("style", Type.STRING, "", "Style: default, primary or danger.");
  static final Key<YamlObject> ACTION_CONFIRM =
      ACTION_SECTION.optional(
          "confirm",
          CONFIRM_SECTION.type(
              o -> {
                o.readAll();
                require(o, CONFIRM_TEXT, "missing text in Slack confirmation configuration");
                return o;
              }),
          "Confirmation dialog.");
  static final Type<YamlObject> ACTION =
      ACTION_SECTION.type(
          o -> {
            o.readAll();
            require(o, ACTION_TYPE, "missing type in Slack action configuration");
            require(o, ACTION_TEXT, "missing text in Slack action configuration");
            if (o.get(ACTION_URL).isEmpty() && o.get(ACTION_NAME).isEmpty()) {
              throw o.error("missing name or url in Slack action configuration");
            }
            return o;
          });

  private SlackParts() {}

  /** Returns fields in Slack's format. */
  static List<Map<String, @Nullable Object>> fields(
      List<YamlObject> all, TemplateExpander t, boolean brief) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (YamlObject f : all) {
      Boolean own = f.find(SHORT);
      out.add(
          new JsonObject()
              .put("title", t.of(f.get(TITLE)))
              .put("value", t.of(f.get(VALUE)))
              .put("short", own == null ? brief : own)
              .map());
    }
    return out;
  }

  /** Buttons in Slack's form: a link, or a name and a value. */
  static List<Map<String, @Nullable Object>> actions(List<YamlObject> all, TemplateExpander t) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (YamlObject a : all) {
      boolean link = !a.get(ACTION_URL).isEmpty();
      JsonObject j =
          new JsonObject()
              .add("type", t.of(a.get(ACTION_TYPE)))
              .add("text", t.of(a.get(ACTION_TEXT)))
              .add("url", t.of(a.get(ACTION_URL)))
              .add("style", t.of(a.get(ACTION_STYLE)));
      YamlObject question = a.find(ACTION_CONFIRM);
      if (!link) {
        j.add("name", t.of(a.get(ACTION_NAME))).add("value", t.of(a.get(ACTION_VALUE)));
        if (question != null) {
          j.put(
              "confirm",
              new JsonObject()
                  .add("text", t.of(question.get(CONFIRM_TEXT)))
                  .add("title", t.of(question.get(CONFIRM_TITLE)))
                  .add("ok_text", t.of(question.get(CONFIRM_OK)))
                  .add("dismiss_text", t.of(question.get(CONFIRM_DISMISS))));
        }
      }
      out.add(j.map());
    }
    return out;
  }

  private static void require(YamlObject o, Key<String> key, String problem) {
    if (o.get(key).isEmpty()) {
      throw o.error(problem);
    }
  }
}
