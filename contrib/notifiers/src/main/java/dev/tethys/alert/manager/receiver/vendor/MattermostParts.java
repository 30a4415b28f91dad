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
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parts of messages of Mattermost. */
final class MattermostParts {
  private static final Section FIELD_SECTION =
      new Section("mattermost_field", "Field of an attachment.");
  static final Key<String> TITLE =
      FIELD_SECTION.key("title", Type.STRING, "", "Title of the field.");
  static final Key<String> VALUE =
      FIELD_SECTION.key("value", Type.STRING, "", "Value of the field.");
  static final Key<Boolean> SHORT =
      FIELD_SECTION.optional("short", Type.BOOL, "If true, the field is shown next to another.");
  static final Type<YamlObject> FIELD =
      FIELD_SECTION.type(
          o -> {
            o.readAll();
            if (o.get(TITLE).isEmpty()) {
              throw o.error("missing title in Mattermost field configuration");
            }
            if (o.get(VALUE).isEmpty()) {
              throw o.error("missing value in Mattermost field configuration");
            }
            return o;
          });

  /** The keys of an attachment that are strings. */
  static final List<String> TEXTS =
      List.of(
          "fallback",
          "color",
          "pretext",
          "text",
          "author_name",
          "author_link",
          "author_icon",
          "title",
          "title_link",
          "thumb_url",
          "footer",
          "footer_icon",
          "image_url");

  private static final Section ATTACHMENT_SECTION =
      new Section("mattermost_attachment", "Message attachment.");
  static final List<Key<String>> ATTACHMENT_TEXTS =
      TEXTS.stream()
          .map(t -> ATTACHMENT_SECTION.key(t, Type.STRING, "", "Same as the receiver's key."))
          .toList();
  static final Key<List<YamlObject>> ATTACHMENT_FIELDS =
      ATTACHMENT_SECTION.key("fields", Type.sparseList(FIELD), List.of(), "Fields.");
  static final Type<YamlObject> ATTACHMENT = ATTACHMENT_SECTION.type(ReceiverKind::whole);

  private static final Section PROPS_SECTION = new Section("mattermost_props", "Properties.");
  static final Key<String> CARD =
      PROPS_SECTION.key("card", Type.STRING, "", "Text of the sidebar, as Markdown.");
  static final Type<YamlObject> PROPS = PROPS_SECTION.type(ReceiverKind::whole);

  private static final Section PRIORITY_SECTION =
      new Section("mattermost_priority", "Priority of the message.");
  static final Key<String> PRIORITY_LEVEL =
      PRIORITY_SECTION.key("priority", Type.STRING, "", "Priority: important, urgent or standard.");
  static final Key<Boolean> REQUESTED_ACK =
      PRIORITY_SECTION.key(
          "requested_ack", Type.BOOL, false, "If true, an acknowledgement is requested.");
  static final Key<Boolean> PERSISTENT =
      PRIORITY_SECTION.key(
          "persistent_notifications",
          Type.BOOL,
          false,
          "If true, notifications repeat until the message is read.");
  static final Type<YamlObject> PRIORITY = PRIORITY_SECTION.type(ReceiverKind::whole);

  private MattermostParts() {}

  static List<Map<String, @Nullable Object>> fields(List<YamlObject> all, TemplateExpander t) {
    List<Map<String, @Nullable Object>> out = new ArrayList<>();
    for (YamlObject f : all) {
      JsonObject j =
          new JsonObject().add("title", t.of(f.get(TITLE))).add("value", t.of(f.get(VALUE)));
      Boolean brief = f.find(SHORT);
      if (brief != null) {
        j.put("short", brief);
      }
      out.add(j.map());
    }
    return out;
  }

  static JsonObject attachment(YamlObject a, TemplateExpander t) {
    JsonObject j = new JsonObject();
    for (Key<String> k : ATTACHMENT_TEXTS) {
      j.add(k.name(), t.of(a.get(k)));
    }
    return j.add("fields", fields(a.get(ATTACHMENT_FIELDS), t));
  }

  /**
   * Returns the priority without the settings its level does not allow; an unknown level counts as
   * the default.
   */
  static @Nullable JsonObject priority(@Nullable YamlObject p, TemplateExpander t) {
    if (p == null || p.get(PRIORITY_LEVEL).isEmpty()) {
      return null;
    }
    String level = t.of(p.get(PRIORITY_LEVEL)).toLowerCase(Locale.ROOT);
    boolean urgent = level.equals("urgent");
    boolean important = urgent || level.equals("important");
    return new JsonObject()
        .put("priority", important ? level : "standard")
        .add("requested_ack", p.get(REQUESTED_ACK) && important)
        .add("persistent_notifications", p.get(PERSISTENT) && urgent);
  }
}
