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
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** A message of Rocket.Chat. */
public final class Rocketchat extends HttpReceiverKind {
  private static final int MAX_TITLE = 1024;

  private final Key<URI> apiUrl =
      section.optional(
          "api_url", ConfigTypes.URL, "URL of the API; the global setting by default.");
  private final Key<Secret> tokenId =
      section.optional(
          "token_id", Type.SECRET, "User ID of the token; the global setting by default.");
  private final Key<String> tokenIdFile =
      section.key("token_id_file", Type.STRING, "", "File of the user ID.");
  private final Key<Secret> token =
      section.optional("token", Type.SECRET, "Token; the global setting by default.");
  private final Key<String> tokenFile =
      section.key("token_file", Type.STRING, "", "File of the token.");
  private final Key<String> channel = section.key("channel", Type.STRING, "", "Channel.");
  private final Key<String> color =
      section.key(
          "color",
          Type.STRING,
          "{{ if eq .Status \"firing\" }}red{{ else }}green{{ end }}",
          "Color.");
  private final Key<String> title =
      section.key(
          "title",
          Type.STRING,
          "{{ template \"rocketchat.default.title\" . }}",
          "Title, at most 1,024 characters.");
  private final Key<String> titleLink =
      section.key(
          "title_link",
          Type.STRING,
          "{{ template \"rocketchat.default.titlelink\" . }}",
          "Link target of the title.");
  private final Key<String> text =
      section.key("text", Type.STRING, "{{ template \"rocketchat.default.text\" . }}", "Text.");
  private final Key<List<YamlObject>> fields =
      section.key("fields", Type.sparseList(RocketchatParts.FIELD), List.of(), "Fields.");
  private final Key<Boolean> shortFields =
      section.key("short_fields", Type.BOOL, false, "If true, fields are shown side by side.");
  private final Key<String> emoji =
      section.key(
          "emoji",
          Type.STRING,
          "{{ template \"rocketchat.default.emoji\" . }}",
          "Emoji as avatar.");
  private final Key<String> iconUrl =
      section.key(
          "icon_url",
          Type.STRING,
          "{{ template \"rocketchat.default.iconurl\" . }}",
          "URL of the avatar.");
  private final Key<String> imageUrl =
      section.key("image_url", Type.STRING, "", "URL of an image.");
  private final Key<String> thumbUrl =
      section.key("thumb_url", Type.STRING, "", "URL of a thumbnail.");
  private final Key<Boolean> linkNames =
      section.key(
          "link_names", Type.BOOL, false, "Read, without effect, as in Prometheus's Alertmanager.");
  private final Key<List<YamlObject>> actions =
      section.key("actions", Type.sparseList(RocketchatParts.ACTION), List.of(), "Buttons.");

  public Rocketchat() {
    super("rocketchat", false, "Message for Rocket.Chat.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    atMostOne(o, token, tokenFile);
    atMostOne(o, tokenId, tokenIdFile);
    boolean id =
        isSet(o, tokenId)
            || isSet(o, tokenIdFile)
            || g.has(GlobalConfig.ROCKETCHAT_TOKEN_ID)
            || g.has(GlobalConfig.ROCKETCHAT_TOKEN_ID_FILE);
    if (!id) {
      throw o.error("no global Rocketchat TokenID set either inline or in a file");
    }
    boolean own =
        isSet(o, token)
            || isSet(o, tokenFile)
            || g.has(GlobalConfig.ROCKETCHAT_TOKEN)
            || g.has(GlobalConfig.ROCKETCHAT_TOKEN_FILE);
    if (!own) {
      throw o.error("no global Rocketchat Token set either inline or in a file");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    URI own = o.find(apiUrl);
    String base = HttpSender.folder(own == null ? g.get(GlobalConfig.ROCKETCHAT_API_URL) : own);
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      JsonObject attachment =
          new JsonObject()
              .add("title", TemplateExpander.runes(t.of(title), MAX_TITLE))
              .add("title_link", t.of(titleLink))
              .add("text", t.of(text))
              .add("image_url", t.of(imageUrl))
              .add("thumb_url", t.of(thumbUrl))
              .add("color", t.of(color))
              .add("fields", RocketchatParts.fields(o.get(fields), t, o.get(shortFields)))
              .add("actions", RocketchatParts.actions(o.get(actions), t));
      JsonObject body =
          new JsonObject()
              .add("channel", t.of(channel))
              .add("emoji", t.of(emoji))
              .add("avatar", t.of(iconUrl))
              .put("attachments", List.of(attachment.map()));
      ClientRequest call =
          ClientRequest.post(
                  HttpSender.uri(base + "api/v1/chat.postMessage"),
                  "application/json",
                  body.text().getBytes(StandardCharsets.UTF_8))
              .withHeader(
                  "X-Auth-Token",
                  secret(
                      o,
                      token,
                      tokenFile,
                      g,
                      GlobalConfig.ROCKETCHAT_TOKEN,
                      GlobalConfig.ROCKETCHAT_TOKEN_FILE))
              .withHeader(
                  "X-User-Id",
                  secret(
                      o,
                      tokenId,
                      tokenIdFile,
                      g,
                      GlobalConfig.ROCKETCHAT_TOKEN_ID,
                      GlobalConfig.ROCKETCHAT_TOKEN_ID_FILE));
      JsonNode answer = HttpSender.json(http.send(call, limit).body());
      if (!answer.path("success").asBoolean(false)) {
        throw new NotifyException(
            false,
            NotifyException.Reason.CLIENT_ERROR,
            "error response from Rocketchat: " + answer.path("error").asString(""));
      }
    };
  }

  private static String secret(
      YamlObject o,
      Key<Secret> own,
      Key<String> ownFile,
      GlobalConfig g,
      Key<Secret> global,
      Key<String> globalFile)
      throws NotifyException {
    if (isSet(o, own) || isSet(o, ownFile)) {
      return HttpSender.secret(o.get(own, Secret.NONE), o.get(ownFile));
    }
    Secret s = g.find(global);
    return HttpSender.secret(s == null ? Secret.NONE : s, g.get(globalFile));
  }
}
