package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.ConfigTypes;
import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.template.NotificationJson;
import dev.tethys.alert.manager.template.TemplateData;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;

/** An alert event of incident.io. */
public final class Incidentio extends HttpReceiverKind {
  private final Key<URI> url = section.optional("url", ConfigTypes.URL, "URL of the alert source.");
  private final Key<String> urlFile = section.key("url_file", Type.STRING, "", "File of the URL.");
  private final Key<Secret> token =
      section.key("alert_source_token", Type.SECRET, Secret.NONE, "Token of the alert source.");
  private final Key<String> tokenFile =
      section.key("alert_source_token_file", Type.STRING, "", "File of the token.");
  private final Key<Long> maxAlerts =
      section.key(
          "max_alerts", Type.UINT, 0L, "Maximum number of alerts in a request; 0 for no limit.");
  private final Key<Duration> timeout =
      section.key(
          "timeout",
          ConfigTypes.GO_DURATION,
          Duration.ZERO,
          "Timeout of a request; 0 for the default.");

  public Incidentio() {
    super("incidentio", true, "Alert event for incident.io.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    exactlyOne(o, url, urlFile);
    atMostOne(o, token, tokenFile);
    HttpClientConfig own = o.find(httpConfig);
    boolean withToken = isSet(o, token) || isSet(o, tokenFile);
    if (own != null && own.authorization() != null && withToken) {
      throw o.error(
          httpConfig,
          "cannot specify alert_source_token or alert_source_token_file when using"
              + " http_config.authorization");
    }
    if (own != null && own.authorization() == null && !withToken) {
      throw o.error(
          "at least one of alert_source_token, alert_source_token_file or"
              + " http_config.authorization must be configured");
    }
  }

  /** Maximum request size of incident.io in bytes. */
  static final int MAX_BYTES = 512 * 1024;

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpClientConfig client = http(o, g);
    if (isSet(o, token) || isSet(o, tokenFile)) {
      client = HttpSender.withBearer(client, o.get(token), o.get(tokenFile));
    }
    HttpSender http = new HttpSender(context, client, Set.of(429));
    return (n, limit) -> {
      TemplateData data = n.data();
      long cut = 0;
      long max = o.get(maxAlerts);
      if (max > 0 && data.alerts().size() > max) {
        cut = data.alerts().size() - max;
        data = data.withAlerts(data.alerts().subList(0, (int) max));
      }
      String body = NotificationJson.webhook(data, n.groupKey(), cut, "1");
      if (body.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES && data.alerts().size() > 1) {
        body =
            NotificationJson.webhook(
                data.withAlerts(data.alerts().subList(0, 1)), n.groupKey(), cut, "1");
      }
      URI inline = o.find(url);
      String target = inline == null ? HttpSender.fromFile(o.get(urlFile)) : inline.toString();
      http.postJson(target, body, HttpSender.limit(limit, o.get(timeout)));
    };
  }
}
