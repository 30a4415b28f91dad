package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.JsonObject;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.alert.manager.receiver.WebhookUrl;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An adaptive card of a workflow of Microsoft Teams. */
public final class MsteamsV2 extends HttpReceiverKind {
  private final WebhookUrl webhook = WebhookUrl.in(section, "The webhook.");
  private final Key<String> title =
      section.key("title", Type.STRING, "{{ template \"msteamsv2.default.title\" . }}", "Title.");
  private final Key<String> text =
      section.key("text", Type.STRING, "{{ template \"msteamsv2.default.text\" . }}", "Text.");

  public MsteamsV2() {
    super("msteamsv2", true, "Adaptive card for a Microsoft Teams workflow.");
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
      JsonObject heading =
          new JsonObject()
              .put("type", "TextBlock")
              .put("text", t.of(title))
              .put("weight", "Bolder")
              .put("size", "Medium")
              .put("wrap", true)
              .put("style", "heading")
              .put("color", n.isFiring() ? "Attention" : "Good");
      JsonObject block =
          new JsonObject().put("type", "TextBlock").put("text", t.of(text)).put("wrap", true);
      JsonObject card =
          new JsonObject()
              .put("$schema", "http://adaptivecards.io/schemas/adaptive-card.json")
              .put("type", "AdaptiveCard")
              .put("version", "1.2")
              .put("body", List.of(heading.map(), block.map()))
              .put("msteams", Map.of("width", "full"));
      JsonObject attachment =
          new JsonObject()
              .put("contentType", "application/vnd.microsoft.card.adaptive")
              .put("contentUrl", null)
              .put("content", card);
      JsonObject body =
          new JsonObject().put("type", "message").put("attachments", List.of(attachment.map()));
      http.postJson(webhook.of(o), body.text(), limit);
    };
  }

  /**
   * Returns the client; the global client's proxy also applies to an entry with its own client
   * without one.
   */
  @Override
  public HttpClientConfig http(YamlObject o, GlobalConfig g) {
    HttpClientConfig own = o.find(httpConfig);
    if (own == null || !own.proxy().equals(ProxyConfig.NONE)) {
      return super.http(o, g);
    }
    return new HttpClientConfig(
        own.basicAuth(),
        own.authorization(),
        own.oauth2(),
        own.tls(),
        own.followRedirects(),
        own.enableHttp2(),
        g.http().proxy(),
        own.headers());
  }
}
