package dev.tethys.alert.manager.receiver;

import dev.tethys.alert.manager.template.NotificationJson;
import dev.tethys.alert.manager.template.TemplateData;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;

/** A POST of JSON to any server. */
final class Webhook extends HttpReceiverKind {
  private final Key<Secret> url =
      section.optional(
          "url", ConfigTypes.SECRET_TEMPLATE_URL, "URL of the webhook; may be a template.");
  private final Key<String> urlFile = section.key("url_file", Type.STRING, "", "File of the URL.");
  private final Key<Long> maxAlerts =
      section.key(
          "max_alerts", Type.UINT, 0L, "Maximum number of alerts in a request; 0 for no limit.");
  private final Key<Duration> timeout =
      section.key(
          "timeout",
          ConfigTypes.GO_DURATION,
          Duration.ZERO,
          "Timeout of a request; 0 for the default.");
  private final Key<YamlNode> payload =
      section.optional("payload", Type.ANY, "Custom body: YAML with templates as texts.");

  Webhook() {
    super("webhook", true, "JSON POST to any server.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    exactlyOne(o, url, urlFile);
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    return (n, limit) -> {
      TemplateData shown = n.data();
      long truncated = 0;
      long max = o.get(maxAlerts);
      if (max > 0 && n.alerts().size() > max) {
        truncated = n.alerts().size() - max;
        shown = shown.withAlerts(shown.alerts().subList(0, (int) max));
      }
      TemplateData data = shown;
      long cut = truncated;
      Secret inline = o.get(url, Secret.NONE);
      String target = HttpSender.secret(inline, o.get(urlFile));
      String expanded = context.templates().text(target, data);
      YamlNode own = o.find(payload);
      String body =
          own == null
              ? NotificationJson.webhook(data, n.groupKey(), cut, "4")
              : NotificationJson.of(
                      YamlTemplates.expand(own, s -> context.templates().text(s, data)))
                  + "\n";
      http.postJson(expanded, body, HttpSender.limit(limit, o.get(timeout)));
    };
  }
}
