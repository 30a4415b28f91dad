package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.ConfigTypes;
import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.JsonObject;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.receiver.NotifyException;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A message of WeChat Work. */
public final class Wechat extends HttpReceiverKind {
  /** Error code of the API for an expired token. */
  private static final int TOKEN_EXPIRED = 42001;

  private static final Duration TOKEN_AGE = Duration.ofHours(2);

  private final Key<Secret> apiSecret =
      section.key(
          "api_secret", Type.SECRET, Secret.NONE, "API secret; the global setting by default.");
  private final Key<String> apiSecretFile =
      section.key("api_secret_file", Type.STRING, "", "File of the API secret.");
  private final Key<String> corpId =
      section.key("corp_id", Type.STRING, "", "Corporation ID; the global setting by default.");
  private final Key<URI> apiUrl =
      section.optional(
          "api_url", ConfigTypes.URL, "URL of the API; the global setting by default.");
  private final Key<String> message =
      section.key(
          "message",
          Type.STRING,
          "{{ template \"wechat.default.message\" . }}",
          "Text of the message.");
  private final Key<String> toUser =
      section.key(
          "to_user",
          Type.STRING,
          "{{ template \"wechat.default.to_user\" . }}",
          "Receiving users.");
  private final Key<String> toParty =
      section.key(
          "to_party",
          Type.STRING,
          "{{ template \"wechat.default.to_party\" . }}",
          "Receiving departments.");
  private final Key<String> toTag =
      section.key(
          "to_tag", Type.STRING, "{{ template \"wechat.default.to_tag\" . }}", "Receiving tags.");
  private final Key<String> agentId =
      section.key(
          "agent_id",
          Type.STRING,
          "{{ template \"wechat.default.agent_id\" . }}",
          "ID of the application.");
  private final Key<String> messageType =
      section.key("message_type", Type.STRING, "text", "Type of the message: text or markdown.");

  public Wechat() {
    super("wechat", false, "Message for WeChat Work.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    String type = o.get(messageType);
    if (!type.isEmpty() && !type.equals("text") && !type.equals("markdown")) {
      throw o.error(
          messageType,
          "weChat message type \"" + type + "\" does not match valid options ^(text|markdown)$");
    }
    atMostOne(o, apiSecret, apiSecretFile);
    boolean own = isSet(o, apiSecret) || isSet(o, apiSecretFile);
    boolean global =
        g.has(GlobalConfig.WECHAT_API_SECRET) || g.has(GlobalConfig.WECHAT_API_SECRET_FILE);
    if (!own && !global) {
      throw o.error("no global Wechat Api Secret set either inline or in a file");
    }
    if (!isSet(o, corpId) && !g.has(GlobalConfig.WECHAT_API_CORP_ID)) {
      throw o.error("no global Wechat CorpID set");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    URI own = o.find(apiUrl);
    String base = HttpSender.folder(own == null ? g.get(GlobalConfig.WECHAT_API_URL) : own);
    AtomicReference<@Nullable Token> kept = new AtomicReference<>();
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      Token token = kept.get();
      Instant now = context.clock().instant();
      if (token == null || token.until().isBefore(now)) {
        token = new Token(ask(http, base, o, g, t, limit), now.plus(TOKEN_AGE));
        kept.set(token);
      }
      String type = o.get(messageType).isEmpty() ? "text" : o.get(messageType);
      JsonObject body =
          new JsonObject()
              .put("text", Map.of("content", type.equals("text") ? t.of(message) : ""))
              .put("markdown", Map.of("content", type.equals("text") ? "" : t.of(message)))
              .add("touser", t.of(toUser))
              .add("toparty", t.of(toParty))
              .add("totag", t.of(toTag))
              .add("agentid", t.of(agentId))
              .put("safe", "0")
              .put("msgtype", type);
      String url = base + "message/send?" + HttpSender.form(Map.of("access_token", token.text()));
      JsonNode answer = HttpSender.json(http.postJson(url, body.text(), limit).body());
      int code = answer.path("errcode").asInt(-1);
      if (code == 0) {
        return;
      }
      boolean expired = code == TOKEN_EXPIRED;
      if (expired) {
        kept.set(null);
      }
      throw new NotifyException(
          expired,
          NotifyException.Reason.CLIENT_ERROR,
          "error " + code + " from WeChat: " + answer.path("errmsg").asString(""));
    };
  }

  private record Token(String text, Instant until) {}

  private String ask(
      HttpSender http,
      String base,
      YamlObject o,
      GlobalConfig g,
      TemplateExpander t,
      Duration limit)
      throws NotifyException, InterruptedException {
    boolean own = isSet(o, apiSecret) || isSet(o, apiSecretFile);
    String secret =
        own
            ? HttpSender.secret(o.get(apiSecret), o.get(apiSecretFile))
            : HttpSender.secret(
                g.get(GlobalConfig.WECHAT_API_SECRET), g.get(GlobalConfig.WECHAT_API_SECRET_FILE));
    String corp = isSet(o, corpId) ? o.get(corpId) : g.get(GlobalConfig.WECHAT_API_CORP_ID);
    Map<String, String> query = new TreeMap<>();
    query.put("corpid", t.of(corp));
    query.put("corpsecret", t.of(secret));
    HttpSender.Reply r =
        http.send(
            ClientRequest.get(HttpSender.uri(base + "gettoken?" + HttpSender.form(query))), limit);
    String token = HttpSender.json(r.body()).path("access_token").asString("");
    if (token.isEmpty()) {
      throw NotifyException.lost("invalid APISecret for CorpID: " + corp);
    }
    return token;
  }
}
