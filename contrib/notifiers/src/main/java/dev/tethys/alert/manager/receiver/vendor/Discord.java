package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.JsonObject;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.alert.manager.receiver.WebhookUrl;
import dev.tethys.config.Key;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** A message of a webhook of Discord. */
public final class Discord extends HttpReceiverKind {
  private static final int RED = 0x992d22;
  private static final int GREEN = 0x2ecc71;

  private final WebhookUrl webhook = WebhookUrl.in(section, "The webhook.");
  private final Key<String> content =
      section.key("content", Type.STRING, "", "Text above the card.");
  private final Key<String> title =
      section.key(
          "title", Type.STRING, "{{ template \"discord.default.title\" . }}", "Title of the card.");
  private final Key<String> message =
      section.key(
          "message",
          Type.STRING,
          "{{ template \"discord.default.message\" . }}",
          "Text of the card.");
  private final Key<String> username =
      section.key("username", Type.STRING, "", "Username shown as the author.");
  private final Key<String> avatarUrl =
      section.key("avatar_url", Type.STRING, "", "Avatar of the author.");

  public Discord() {
    super("discord", true, "Message for a Discord webhook.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    webhook.checkOne(o);
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      JsonObject card =
          new JsonObject()
              .put("title", TemplateExpander.runes(t.of(title), 256))
              .put("description", TemplateExpander.runes(t.of(message), 4096))
              .put("color", n.isFiring() ? RED : GREEN);
      JsonObject body =
          new JsonObject()
              .put("content", TemplateExpander.runes(t.of(content), 2000))
              .put("embeds", List.of(card.map()))
              .add("username", o.get(username))
              .add("avatar_url", o.get(avatarUrl));
      http.postJson(webhook.of(o), body.text(), limit);
    };
  }
}
