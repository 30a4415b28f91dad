package dev.tethys.alert.manager.receiver;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** A message of Slack. */
final class Slack extends HttpReceiverKind {
  private static final int MAX_TITLE = 1024;
  private static final String MEMO_TS = "threadTs";
  private static final String MEMO_CHANNEL = "channelId";
  private static final List<String> MARKDOWN = List.of("fallback", "pretext", "text");
  private static final String POST_MESSAGE = "https://slack.com/api/chat.postMessage";

  private final Key<Secret> apiUrl =
      section.optional(
          "api_url", ConfigTypes.SECRET_URL, "URL of the webhook; the global setting by default.");
  private final Key<String> apiUrlFile =
      section.key("api_url_file", Type.STRING, "", "File of the URL.");
  private final Key<Secret> appToken =
      section.key(
          "app_token", Type.SECRET, Secret.NONE, "Token of an app; the global setting by default.");
  private final Key<String> appTokenFile =
      section.key("app_token_file", Type.STRING, "", "File of the token.");
  private final Key<URI> appUrl =
      section.optional(
          "app_url", ConfigTypes.URL, "URL of the API for apps; the global setting by default.");
  private final Key<String> channel = section.key("channel", Type.STRING, "", "Channel or user.");
  private final Key<String> username =
      section.key(
          "username",
          Type.STRING,
          "{{ template \"slack.default.username\" . }}",
          "Username shown as the author.");
  private final Key<String> color =
      section.key(
          "color",
          Type.STRING,
          "{{ template \"slack.default.color\" . }}",
          "Color: good, warning, danger or #rrggbb.");
  private final Key<String> title =
      section.key(
          "title",
          Type.STRING,
          "{{ template \"slack.default.title\" . }}",
          "Title, at most 1,024 characters.");
  private final Key<String> titleLink =
      section.key(
          "title_link",
          Type.STRING,
          "{{ template \"slack.default.titlelink\" . }}",
          "Link target of the title.");
  private final Key<String> pretext =
      section.key(
          "pretext",
          Type.STRING,
          "{{ template \"slack.default.pretext\" . }}",
          "Text above the attachment.");
  private final Key<String> text =
      section.key(
          "text",
          Type.STRING,
          "{{ template \"slack.default.text\" . }}",
          "Text of the attachment.");
  private final Key<String> messageText =
      section.key(
          "message_text", Type.STRING, "", "Text of the message itself, above the attachment.");
  private final Key<List<YamlObject>> fields =
      section.key("fields", Type.sparseList(SlackParts.FIELD), List.of(), "Fields.");
  private final Key<Boolean> shortFields =
      section.key("short_fields", Type.BOOL, false, "If true, fields are shown side by side.");
  private final Key<String> footer =
      section.key("footer", Type.STRING, "{{ template \"slack.default.footer\" . }}", "Footer.");
  private final Key<String> fallback =
      section.key(
          "fallback",
          Type.STRING,
          "{{ template \"slack.default.fallback\" . }}",
          "Text where attachments are not shown.");
  private final Key<String> callbackId =
      section.key(
          "callback_id",
          Type.STRING,
          "{{ template \"slack.default.callbackid\" . }}",
          "Callback ID of interactive messages.");
  private final Key<String> iconEmoji =
      section.key(
          "icon_emoji",
          Type.STRING,
          "{{ template \"slack.default.iconemoji\" . }}",
          "Emoji as avatar.");
  private final Key<String> iconUrl =
      section.key(
          "icon_url",
          Type.STRING,
          "{{ template \"slack.default.iconurl\" . }}",
          "URL of the avatar.");
  private final Key<String> imageUrl =
      section.key("image_url", Type.STRING, "", "URL of an image.");
  private final Key<String> thumbUrl =
      section.key("thumb_url", Type.STRING, "", "URL of a thumbnail.");
  private final Key<Boolean> linkNames =
      section.key(
          "link_names", Type.BOOL, false, "If true, names of users and channels become links.");
  private final Key<List<String>> mrkdwnIn =
      section.key(
          "mrkdwn_in",
          Type.list(Type.STRING),
          List.of(),
          "Parts formatted as Markdown; fallback, pretext and text by default.");
  private final Key<List<YamlObject>> actions =
      section.key("actions", Type.sparseList(SlackParts.ACTION), List.of(), "Buttons.");
  private final Key<Boolean> updateMessage =
      section.key(
          "update_message",
          Type.BOOL,
          false,
          "If true, the first message of a group is updated instead of sending another.");
  private final Key<Duration> timeout =
      section.key(
          "timeout",
          ConfigTypes.GO_DURATION,
          Duration.ZERO,
          "Timeout of a request; 0 for the default.");

  Slack() {
    super("slack", false, "Message for Slack.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    atMostOne(o, apiUrl, apiUrlFile);
    atMostOne(o, appToken, appTokenFile);
    boolean webhook = isSet(o, apiUrl) || isSet(o, apiUrlFile);
    boolean token = isSet(o, appToken) || isSet(o, appTokenFile);
    if (webhook && token) {
      throw o.error(
          "at most one of api_url/api_url_file & app_token/app_token_file must be configured");
    }
    Secret url = o.find(apiUrl);
    if (o.get(updateMessage)
        && !token
        && !POST_MESSAGE.equals(url == null ? null : url.value())
        && (webhook || !hasGlobalToken(g))) {
      throw o.error(
          updateMessage,
          "update_message can only be used with bot tokens. api_url must be set to "
              + POST_MESSAGE);
    }
    boolean global =
        hasGlobalToken(g)
            || g.has(GlobalConfig.SLACK_API_URL)
            || g.has(GlobalConfig.SLACK_API_URL_FILE);
    if (!webhook && !token && !global) {
      throw o.error("no Slack API URL nor App token set either inline or in a file");
    }
    HttpClientConfig own = o.find(httpConfig);
    if (token && own != null && own.authorization() != null) {
      throw o.error(httpConfig, "http authorization can't be set when using Slack App tokens");
    }
  }

  private static boolean hasGlobalToken(GlobalConfig g) {
    return g.has(GlobalConfig.SLACK_APP_TOKEN) || g.has(GlobalConfig.SLACK_APP_TOKEN_FILE);
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpClientConfig client = http(o, g);
    HttpClientConfig own = o.find(httpConfig);
    boolean ownToken = isSet(o, appToken) || isSet(o, appTokenFile);
    boolean webhook = isSet(o, apiUrl) || isSet(o, apiUrlFile);
    boolean globalToken =
        hasGlobalToken(g) && !webhook && (own == null || own.authorization() == null);
    boolean token = ownToken || globalToken;
    if (ownToken) {
      client = HttpSender.withBearer(client, o.get(appToken), o.get(appTokenFile));
    } else if (globalToken) {
      client =
          HttpSender.withBearer(
              client,
              g.get(GlobalConfig.SLACK_APP_TOKEN),
              g.get(GlobalConfig.SLACK_APP_TOKEN_FILE));
    }
    HttpSender http = new HttpSender(context, client, Set.of(429));
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      String to = target(o, g, token);
      JsonObject body = message(o, t);
      String ts = n.memo().get(MEMO_TS);
      String in = n.memo().get(MEMO_CHANNEL);
      if (o.get(updateMessage) && ts != null && in != null) {
        to = to.replace("chat.postMessage", "chat.update");
        body.put("ts", ts).put("channel", in);
      }
      HttpSender.Reply r = http.postJson(to, body.text(), HttpSender.limit(limit, o.get(timeout)));
      judge(r);
      if (o.get(updateMessage)) {
        remember(r, n.memo());
      }
    };
  }

  private String target(YamlObject o, GlobalConfig g, boolean token) throws NotifyException {
    if (token) {
      URI own = o.find(appUrl);
      return (own == null ? g.get(GlobalConfig.SLACK_APP_URL) : own).toString();
    }
    if (isSet(o, apiUrl) || isSet(o, apiUrlFile)) {
      return HttpSender.secret(o.get(apiUrl, Secret.NONE), o.get(apiUrlFile));
    }
    Secret url = g.find(GlobalConfig.SLACK_API_URL);
    return HttpSender.secret(
        url == null ? Secret.NONE : url, g.get(GlobalConfig.SLACK_API_URL_FILE));
  }

  private JsonObject message(YamlObject o, TemplateExpander t) {
    List<String> markdown = o.get(mrkdwnIn);
    JsonObject attachment =
        new JsonObject()
            .add("title", TemplateExpander.runes(t.of(title), MAX_TITLE))
            .add("title_link", t.of(titleLink))
            .add("pretext", t.of(pretext))
            .put("text", t.of(text))
            .put("fallback", t.of(fallback))
            .put("callback_id", t.of(callbackId))
            .add("fields", SlackParts.fields(o.get(fields), t, o.get(shortFields)))
            .add("actions", SlackParts.actions(o.get(actions), t))
            .add("image_url", t.of(imageUrl))
            .add("thumb_url", t.of(thumbUrl))
            .put("footer", t.of(footer))
            .add("color", t.of(color))
            .put("mrkdwn_in", markdown.isEmpty() ? MARKDOWN : markdown);
    return new JsonObject()
        .add("channel", t.of(channel))
        .add("username", t.of(username))
        .add("icon_emoji", t.of(iconEmoji))
        .add("icon_url", t.of(iconUrl))
        .add("link_names", o.get(linkNames))
        .add("text", t.of(messageText))
        .put("attachments", List.of(attachment.map()));
  }

  /** Webhooks respond with text, the API with JSON; both use 200 even for errors. */
  private static void judge(HttpSender.Reply r) throws NotifyException {
    if (!isJson(r)) {
      if (!r.body().equals("ok")) {
        throw refused("received an error response from Slack: " + r.body());
      }
      return;
    }
    JsonNode answer = HttpSender.json(r.body());
    if (!answer.path("ok").asBoolean(false)) {
      throw refused("error response from Slack: " + answer.path("error").asString(""));
    }
  }

  private static void remember(HttpSender.Reply r, Map<String, String> memo)
      throws NotifyException {
    if (!isJson(r)) {
      return;
    }
    JsonNode answer = HttpSender.json(r.body());
    String ts = answer.path("ts").asString("");
    String in = answer.path("channel").asString("");
    if (!ts.isEmpty() && !in.isEmpty()) {
      memo.put(MEMO_TS, ts);
      memo.put(MEMO_CHANNEL, in);
    }
  }

  private static boolean isJson(HttpSender.Reply r) {
    List<String> types = r.headers().getOrDefault("Content-Type", List.of(""));
    return types.getFirst().startsWith("application/json");
  }

  private static NotifyException refused(String problem) {
    return new NotifyException(false, NotifyException.Reason.CLIENT_ERROR, problem);
  }
}
