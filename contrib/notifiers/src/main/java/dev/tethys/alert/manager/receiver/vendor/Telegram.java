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
import java.io.IOException;
import java.net.URI;
import java.util.Set;

/** A message of a bot of Telegram. */
public final class Telegram extends HttpReceiverKind {
  private static final int MAX_MESSAGE = 4096;
  private static final String TOO_LONG =
      "Alertmanager notification could not be sent: message length exceeds Telegram limits."
          + " Please check the template used for producing the message content.";
  private static final Set<String> PARSE_MODES = Set.of("", "Markdown", "MarkdownV2", "HTML");

  private final Key<URI> apiUrl =
      section.optional(
          "api_url", ConfigTypes.URL, "URL of the API; the global setting by default.");
  private final Key<Secret> botToken =
      section.key(
          "bot_token",
          Type.SECRET,
          Secret.NONE,
          "Token of the bot; the global setting by default.");
  private final Key<String> botTokenFile =
      section.key("bot_token_file", Type.STRING, "", "File of the token.");
  private final Key<Long> chatId = section.key("chat_id", Type.INT, 0L, "ID of the chat.");
  private final Key<String> chatIdFile =
      section.key("chat_id_file", Type.STRING, "", "File of the chat ID.");
  private final Key<Long> threadId =
      section.key("message_thread_id", Type.INT, 0L, "Topic of the chat.");
  private final Key<String> message =
      section.key(
          "message",
          Type.STRING,
          "{{ template \"telegram.default.message\" . }}",
          "Message, at most 4,096 characters.");
  private final Key<Boolean> silent =
      section.key(
          "disable_notifications", Type.BOOL, false, "If true, the message makes no sound.");
  private final Key<String> parseMode =
      section.key(
          "parse_mode",
          Type.STRING,
          "HTML",
          "Format of the message: HTML, MarkdownV2, Markdown or empty.");

  public Telegram() {
    super("telegram", true, "Message of a Telegram bot.");
  }

  @Override
  public void check(YamlObject o, GlobalConfig g) {
    atMostOne(o, botToken, botTokenFile);
    if (!isSet(o, chatId) && !isSet(o, chatIdFile)) {
      throw o.error("missing chat_id or chat_id_file on telegram_config");
    }
    atMostOne(o, chatId, chatIdFile);
    if (!PARSE_MODES.contains(o.get(parseMode))) {
      throw o.error(
          parseMode,
          "unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty"
              + " string");
    }
    boolean own = isSet(o, botToken) || isSet(o, botTokenFile);
    boolean global =
        g.has(GlobalConfig.TELEGRAM_BOT_TOKEN) || g.has(GlobalConfig.TELEGRAM_BOT_TOKEN_FILE);
    if (!own && !global) {
      throw o.error("missing bot_token or bot_token_file on telegram_config");
    }
  }

  @Override
  public Notifier open(YamlObject o, GlobalConfig g, NotifierContext context) throws IOException {
    HttpSender http = new HttpSender(context, http(o, g), Set.of(429));
    URI own = o.find(apiUrl);
    String base = HttpSender.folder(own == null ? g.get(GlobalConfig.TELEGRAM_API_URL) : own);
    return (n, limit) -> {
      TemplateExpander t = new TemplateExpander(context.templates(), o, n);
      boolean html = o.get(parseMode).equals("HTML");
      String text = html ? t.html(o.get(message)) : t.of(message);
      if (html && text.codePointCount(0, text.length()) > MAX_MESSAGE) {
        text = TOO_LONG; // cut off HTML would be refused
      }
      JsonObject body =
          new JsonObject()
              .put("chat_id", chat(o))
              .put("text", TemplateExpander.runes(text, MAX_MESSAGE))
              .put("disable_web_page_preview", true)
              .add("disable_notification", o.get(silent))
              .add("parse_mode", o.get(parseMode));
      if (isSet(o, threadId)) {
        body.put("message_thread_id", o.get(threadId));
      }
      http.postJson(base + "bot" + bot(o, g) + "/sendMessage", body.text(), limit);
    };
  }

  private String bot(YamlObject o, GlobalConfig g) throws NotifyException {
    boolean own = isSet(o, botToken) || isSet(o, botTokenFile);
    return own
        ? HttpSender.secret(o.get(botToken), o.get(botTokenFile))
        : HttpSender.secret(
            g.get(GlobalConfig.TELEGRAM_BOT_TOKEN), g.get(GlobalConfig.TELEGRAM_BOT_TOKEN_FILE));
  }

  private long chat(YamlObject o) throws NotifyException {
    String file = o.get(chatIdFile);
    if (file.isEmpty()) {
      return o.get(chatId);
    }
    String text = HttpSender.fromFile(file);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw NotifyException.lost("could not parse chat_id from " + file + ": \"" + text + "\"");
    }
  }
}
