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
import java.util.Set;

/** A card of a connector of Microsoft Teams. */
public final class Msteams extends HttpReceiverKind {
  private final WebhookUrl webhook = WebhookUrl.in(section, "The webhook.");
  private final Key<String> title =
      section.key("title", Type.STRING, "{{ template \"msteams.default.title\" . }}", "Title.");
  private final Key<String> summary =
      section.key(
          "summary", Type.STRING, "{{ template \"msteams.default.summary\" . }}", "Summary.");
  private final Key<String> text =
      section.key("text", Type.STRING, "{{ template \"msteams.default.text\" . }}", "Text.");

  public Msteams() {
    super("msteams", true, "Card for a Microsoft Teams connector.");
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
      JsonObject body =
          new JsonObject()
              .put("@context", "http://schema.org/extensions")
              .put("type", "MessageCard")
              .put("title", t.of(title))
              .put("summary", t.of(summary))
              .put("text", t.of(text))
              .put("themeColor", n.isFiring() ? "8C1A1A" : "2DC72D");
      http.postJson(webhook.of(o), body.text(), limit);
    };
  }
}
