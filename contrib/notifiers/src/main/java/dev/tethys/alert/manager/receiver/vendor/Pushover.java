package dev.tethys.alert.manager.receiver.vendor;

import dev.tethys.alert.manager.receiver.ConfigTypes;
import dev.tethys.alert.manager.receiver.GlobalConfig;
import dev.tethys.alert.manager.receiver.HttpReceiverKind;
import dev.tethys.alert.manager.receiver.HttpSender;
import dev.tethys.alert.manager.receiver.Notifier;
import dev.tethys.alert.manager.receiver.NotifierContext;
import dev.tethys.alert.manager.receiver.TemplateExpander;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A message of Pushover. */
public final class Pushover extends HttpReceiverKind {
  private final Key<Secret> userKey =
      section.key("user_key", Type.SECRET, Secret.NONE, "User key.");
  private final Key<String> userKeyFile =
      section.key("user_key_file", Type.STRING, "", "File of the user key.");
  private final Key<Secret> token =
      section.key("token", Type.SECRET, Secret.NONE, "Token of the application.");
  private final Key<String> tokenFile =
      section.key("token_file", Type.STRING, "", "File of the token.");
  private final Key<String> title =
      section.key(
          "title",
          Type.STRING,
          "{{ template \"pushover.default.title\" . }}",
          "Title, at most 250 characters.");
  private final Key<String> message =
      section.key(
          "message",
          Type.STRING,
          "{{ template \"pushover.default.message\" . }}",
          "Message, at most 1,024 characters.");
  private final Key<String> url =
      section.key(
          "url",
          Type.STRING,
          "{{ template \"pushover.default.url\" . }}",
          "Supplementary URL, at most 512 characters.");
  private final Key<String> urlTitle =
      section.key("url_title", Type.STRING, "", "Title of the URL.");
  private final Key<String> device =
      section.key("device", Type.STRING, "", "Device; all of the user's by default.");
  private final Key<String> sound = section.key("sound", Type.STRING, "", "Notification sound.");
  private final Key<String> priority =
      section.key(
          "priority",
          Type.STRING,
          "{{ if eq .Status \"firing\" }}2{{ else }}0{{ end }}",
          "-2 to 2.");
  private final Key<Duration> retry =
      section.key(
          "retry",
          ConfigTypes.GO_DURATION,
          Duration.ofMinutes(1),
          "Interval between repetitions of an emergency notification.");
  private final Key<Duration> expire =
      section.key(
          "expire",
          ConfigTypes.GO_DURATION,
          Duration.ofHours(1),
          "Time after which an emergency notification is no longer repeated.");
  private final Key<Duration> ttl =
      section.key(
          "ttl",
          ConfigTypes.GO_DURATION,
          Duration.ZERO,
          "Time after which the message is removed; 0 for never.");
  private final Key<Boolean> html =
      section.key("html", Type.BOOL, false, "If true, the message is HTML.");
  private final Key<Boolean> monospace =
      section.key("monospace", Type.BOOL, false, "If true, the message is shown in monospace.");

  private final String api;

  public Pushover() {
    this("https://api.pushover.net/1/messages.json");
  }

  Pushover(String api) {
    super("pushover", true, "Message for Pushover.");
    this.api = api;
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    exactlyOne(o, userKey, userKeyFile);
    exactlyOne(o, token, tokenFile);
    if (o.get(html) && o.get(monospace)) {
      throw o.error(monospace, "at most one of monospace & html must be configured");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      Map<String, String> p = new TreeMap<>();
      p.put("token", t.of(HttpSender.secret(o.get(token), o.get(tokenFile))));
      p.put("user", t.of(HttpSender.secret(o.get(userKey), o.get(userKeyFile))));
      p.put("title", TemplateExpander.runes(t.of(title), 250));
      String text = o.get(html) ? t.html(o.get(message)) : t.of(message);
      text = TemplateExpander.runes(text, 1024).strip();
      p.put("message", text.isEmpty() ? "(no details)" : text);
      if (o.get(html)) {
        p.put("html", "1");
      }
      if (o.get(monospace)) {
        p.put("monospace", "1");
      }
      p.put("url", TemplateExpander.runes(t.of(url), 512));
      p.put("url_title", t.of(urlTitle));
      p.put("priority", t.of(priority));
      p.put("retry", Long.toString(o.get(retry).toSeconds()));
      p.put("expire", Long.toString(o.get(expire).toSeconds()));
      p.put("device", t.of(device));
      p.put("sound", t.of(sound));
      if (o.get(ttl).toSeconds() > 0) {
        p.put("ttl", Long.toString(o.get(ttl).toSeconds()));
      }
      // In the body, where no proxy logs the token.
      http.send(
          ClientRequest.post(
              HttpSender.uri(api),
              "application/x-www-form-urlencoded",
              HttpSender.form(p).getBytes(StandardCharsets.UTF_8)),
          limit);
    };
  }
}
