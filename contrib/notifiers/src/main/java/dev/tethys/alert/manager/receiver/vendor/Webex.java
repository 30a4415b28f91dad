package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.ConfigTypes;
import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.JsonObject;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.net.URI;
import java.util.Set;

/** A message of Webex. */
public final class Webex extends HttpReceiverKind {
  private static final int MAX_BYTES = 7439;

  private final Key<URI> apiUrl =
      section.optional(
          "api_url", ConfigTypes.URL, "URL of the API; the global setting by default.");
  private final Key<String> message =
      section.key(
          "message",
          Type.STRING,
          "{{ template \"webex.default.message\" . }}",
          "Message as Markdown, at most 7,439 bytes.");
  private final Key<String> roomId =
      section.key("room_id", Type.STRING, "", "ID of the Webex room.");

  public Webex() {
    super("webex", true, "Message for Webex.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    if (!isSet(o, roomId)) {
      throw o.error("missing room_id on webex_config");
    }
    HttpClientConfig own = o.find(httpConfig);
    if (own == null || own.authorization() == null) {
      throw o.error("missing webex_configs.http_config.authorization");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    URI own = o.find(apiUrl);
    String api = (own == null ? g.get(GlobalConfig.WEBEX_API_URL) : own).toString();
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      JsonObject body =
          new JsonObject()
              .put("markdown", TemplateExpander.bytes(t.of(message), MAX_BYTES))
              .add("roomId", t.of(roomId));
      http.postJson(api, body.text(), limit);
    };
  }
}
