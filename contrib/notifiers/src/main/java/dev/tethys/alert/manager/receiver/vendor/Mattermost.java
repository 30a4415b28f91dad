package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.JsonObject;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.receiver.NotifyException;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.alert.manager.receiver.WebhookUrl;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A message of a webhook of Mattermost. */
public final class Mattermost extends HttpReceiverKind {
  private static final int MAX_TEXT = 16383;

  private final WebhookUrl webhook =
      WebhookUrl.in(section, "URL of the webhook; the global setting by default.");
  private final Key<String> channel = section.key("channel", Type.STRING, "", "Channel.");
  private final Key<String> username =
      section.key(
          "username",
          Type.STRING,
          "{{ template \"mattermost.default.username\" . }}",
          "Username shown as the author.");
  private final Key<String> text =
      section.key(
          "text",
          Type.STRING,
          "{{ template \"mattermost.default.text\" . }}",
          "Text of the message.");
  private final Key<String> fallback =
      section.key(
          "fallback",
          Type.STRING,
          "{{ template \"mattermost.default.fallback\" . }}",
          "Text for notifications.");
  private final Key<String> color =
      section.key("color", Type.STRING, "{{ template \"mattermost.default.color\" . }}", "Color.");
  private final Key<String> pretext =
      section.key("pretext", Type.STRING, "", "Text above the attachment.");
  private final Key<String> authorName =
      section.key("author_name", Type.STRING, "", "Name of the author.");
  private final Key<String> authorLink =
      section.key("author_link", Type.STRING, "", "Link target of the author's name.");
  private final Key<String> authorIcon =
      section.key("author_icon", Type.STRING, "", "URL of the author's icon.");
  private final Key<String> title =
      section.key("title", Type.STRING, "{{ template \"mattermost.default.title\" . }}", "Title.");
  private final Key<String> titleLink =
      section.key(
          "title_link",
          Type.STRING,
          "{{ template \"mattermost.default.titlelink\" . }}",
          "Link target of the title.");
  private final Key<List<YamlObject>> fields =
      section.key("fields", Type.sparseList(MattermostParts.FIELD), List.of(), "Fields.");
  private final Key<String> thumbUrl =
      section.key("thumb_url", Type.STRING, "", "URL of a thumbnail.");
  private final Key<String> footer = section.key("footer", Type.STRING, "", "Footer.");
  private final Key<String> footerIcon =
      section.key("footer_icon", Type.STRING, "", "URL of the icon of the footer.");
  private final Key<String> imageUrl =
      section.key("image_url", Type.STRING, "", "URL of an image.");
  private final Key<String> iconUrl =
      section.key("icon_url", Type.STRING, "", "URL of the avatar.");
  private final Key<String> iconEmoji =
      section.key("icon_emoji", Type.STRING, "", "Emoji as avatar.");
  private final Key<List<YamlObject>> attachments =
      section.key(
          "attachments",
          Type.sparseList(MattermostParts.ATTACHMENT),
          List.of(),
          "Attachments instead of the one built from the other keys.");
  private final Key<String> type = section.key("type", Type.STRING, "", "Type of the post.");
  private final Key<YamlObject> props =
      section.optional("props", MattermostParts.PROPS, "Properties.");
  private final Key<YamlObject> priority =
      section.optional("priority", MattermostParts.PRIORITY, "Priority of the message.");

  public Mattermost() {
    super("mattermost", true, "Message for a Mattermost webhook.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    webhook.checkNotBoth(o);
    boolean own = webhook.isIn(o);
    boolean global =
        g.has(GlobalConfig.MATTERMOST_WEBHOOK_URL)
            || g.has(GlobalConfig.MATTERMOST_WEBHOOK_URL_FILE);
    if (!own && !global) {
      throw o.error("missing webhook_url or webhook_url_file on mattermost_config");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      JsonObject body =
          new JsonObject()
              .add("channel", t.of(channel))
              .add("username", t.of(username))
              .add("icon_url", t.of(iconUrl))
              .add("icon_emoji", t.of(iconEmoji))
              .add("type", t.of(type))
              .add("priority", MattermostParts.priority(o.find(priority), t));
      YamlObject p = o.find(props);
      if (p != null && !p.get(MattermostParts.CARD).isEmpty()) {
        body.put("props", Map.of("card", t.of(p.get(MattermostParts.CARD))));
      }
      List<YamlObject> own = o.get(attachments);
      if (own.isEmpty()) {
        body.put("attachments", List.of(attachment(o, t).map()));
      } else {
        body.add("text", TemplateExpander.runes(t.of(text), MAX_TEXT));
        body.put(
            "attachments", own.stream().map(a -> MattermostParts.attachment(a, t).map()).toList());
      }
      http.postJson(target(o, g), body.text(), limit);
    };
  }

  private JsonObject attachment(YamlObject o, TemplateExpander t) {
    return new JsonObject()
        .add("fallback", t.of(fallback))
        .add("color", t.of(color))
        .add("pretext", t.of(pretext))
        .add("text", TemplateExpander.runes(t.of(text), MAX_TEXT))
        .add("author_name", t.of(authorName))
        .add("author_link", t.of(authorLink))
        .add("author_icon", t.of(authorIcon))
        .add("title", t.of(title))
        .add("title_link", t.of(titleLink))
        .add("fields", MattermostParts.fields(o.get(fields), t))
        .add("thumb_url", t.of(thumbUrl))
        .add("footer", t.of(footer))
        .add("footer_icon", t.of(footerIcon))
        .add("image_url", t.of(imageUrl));
  }

  private String target(YamlObject o, GlobalConfig g) throws NotifyException {
    if (webhook.isIn(o)) {
      return webhook.of(o);
    }
    Secret url = g.find(GlobalConfig.MATTERMOST_WEBHOOK_URL);
    return HttpSender.secret(
        url == null ? Secret.NONE : url, g.get(GlobalConfig.MATTERMOST_WEBHOOK_URL_FILE));
  }
}
