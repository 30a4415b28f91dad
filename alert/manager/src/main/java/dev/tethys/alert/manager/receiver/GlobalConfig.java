package dev.tethys.alert.manager.receiver;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The {@code global} section: defaults of receivers. */
public final class GlobalConfig {
  public static final Section SECTION =
      new Section("global", "Global settings; receivers may override them.");

  static final Key<Duration> RESOLVE_TIMEOUT =
      SECTION.key(
          "resolve_timeout",
          Type.DURATION,
          Duration.ofMinutes(5),
          "Time after its last update at which an alert without an end counts as resolved.");
  static final Key<HttpClientConfig> HTTP_CONFIG =
      SECTION.optional("http_config", HttpClientConfig.TYPE, "HTTP client settings.");
  public static final Key<URI> JIRA_API_URL =
      SECTION.optional("jira_api_url", ConfigTypes.URL, "URL of the Jira API.");
  static final Key<String> SMTP_FROM =
      SECTION.key("smtp_from", Type.STRING, "", "Sender address of e-mail.");
  static final Key<String> SMTP_HELLO =
      SECTION.key(
          "smtp_hello", Type.STRING, "localhost", "Hostname for the SMTP server's greeting.");
  static final Key<HostPort> SMTP_SMARTHOST =
      SECTION.optional("smtp_smarthost", HostPort.TYPE, "Address of the SMTP server.");
  static final Key<String> SMTP_AUTH_USERNAME =
      SECTION.key("smtp_auth_username", Type.STRING, "", "Username for SMTP authentication.");
  static final Key<Secret> SMTP_AUTH_PASSWORD =
      SECTION.key("smtp_auth_password", Type.SECRET, Secret.NONE, "Password for LOGIN and PLAIN.");
  static final Key<String> SMTP_AUTH_PASSWORD_FILE =
      SECTION.key("smtp_auth_password_file", Type.STRING, "", "File of the password.");
  static final Key<Secret> SMTP_AUTH_SECRET =
      SECTION.key("smtp_auth_secret", Type.SECRET, Secret.NONE, "Secret for CRAM-MD5.");
  static final Key<String> SMTP_AUTH_SECRET_FILE =
      SECTION.key("smtp_auth_secret_file", Type.STRING, "", "File of the secret.");
  static final Key<String> SMTP_AUTH_IDENTITY =
      SECTION.key("smtp_auth_identity", Type.STRING, "", "Identity for PLAIN.");
  static final Key<Boolean> SMTP_REQUIRE_TLS =
      SECTION.key(
          "smtp_require_tls", Type.BOOL, true, "If true, e-mail is only sent with STARTTLS.");
  static final Key<TlsConfig> SMTP_TLS_CONFIG =
      SECTION.key("smtp_tls_config", TlsConfig.TYPE, TlsConfig.DEFAULT, "TLS settings of SMTP.");
  static final Key<Boolean> SMTP_FORCE_IMPLICIT_TLS =
      SECTION.optional(
          "smtp_force_implicit_tls",
          Type.BOOL,
          "If true, TLS from the first byte; by default on port 465 only.");
  static final Key<Secret> SLACK_API_URL =
      SECTION.optional("slack_api_url", ConfigTypes.SECRET_URL, "URL of the Slack webhook.");
  static final Key<String> SLACK_API_URL_FILE =
      SECTION.key("slack_api_url_file", Type.STRING, "", "File of the URL.");
  static final Key<Secret> SLACK_APP_TOKEN =
      SECTION.key("slack_app_token", Type.SECRET, Secret.NONE, "Token of a Slack app.");
  static final Key<String> SLACK_APP_TOKEN_FILE =
      SECTION.key("slack_app_token_file", Type.STRING, "", "File of the token.");
  static final Key<URI> SLACK_APP_URL =
      url(
          "slack_app_url",
          "https://slack.com/api/chat.postMessage",
          "URL of Slack's API for apps.");
  static final Key<URI> PAGERDUTY_URL =
      url("pagerduty_url", "https://events.pagerduty.com/v2/enqueue", "URL of the PagerDuty API.");
  public static final Key<URI> OPSGENIE_API_URL =
      url("opsgenie_api_url", "https://api.opsgenie.com/", "URL of the Opsgenie API.");
  public static final Key<Secret> OPSGENIE_API_KEY =
      SECTION.key("opsgenie_api_key", Type.SECRET, Secret.NONE, "API key for Opsgenie.");
  public static final Key<String> OPSGENIE_API_KEY_FILE =
      SECTION.key("opsgenie_api_key_file", Type.STRING, "", "File of the API key.");
  public static final Key<URI> WECHAT_API_URL =
      url("wechat_api_url", "https://qyapi.weixin.qq.com/cgi-bin/", "URL of the WeChat API.");
  public static final Key<Secret> WECHAT_API_SECRET =
      SECTION.key("wechat_api_secret", Type.SECRET, Secret.NONE, "API secret for WeChat.");
  public static final Key<String> WECHAT_API_SECRET_FILE =
      SECTION.key("wechat_api_secret_file", Type.STRING, "", "File of the API secret.");
  public static final Key<String> WECHAT_API_CORP_ID =
      SECTION.key("wechat_api_corp_id", Type.STRING, "", "Corporation ID for WeChat.");
  public static final Key<URI> VICTOROPS_API_URL =
      url(
          "victorops_api_url",
          "https://alert.victorops.com/integrations/generic/20131114/alert/",
          "URL of the VictorOps API.");
  public static final Key<Secret> VICTOROPS_API_KEY =
      SECTION.key("victorops_api_key", Type.SECRET, Secret.NONE, "API key for VictorOps.");
  public static final Key<String> VICTOROPS_API_KEY_FILE =
      SECTION.key("victorops_api_key_file", Type.STRING, "", "File of the API key.");
  public static final Key<URI> TELEGRAM_API_URL =
      url("telegram_api_url", "https://api.telegram.org", "URL of the Telegram API.");
  public static final Key<Secret> TELEGRAM_BOT_TOKEN =
      SECTION.key("telegram_bot_token", Type.SECRET, Secret.NONE, "Token of a Telegram bot.");
  public static final Key<String> TELEGRAM_BOT_TOKEN_FILE =
      SECTION.key("telegram_bot_token_file", Type.STRING, "", "File of the token.");
  public static final Key<URI> WEBEX_API_URL =
      url("webex_api_url", "https://webexapis.com/v1/messages", "URL of the Webex API.");
  public static final Key<URI> ROCKETCHAT_API_URL =
      url("rocketchat_api_url", "https://open.rocket.chat/", "URL of the Rocket.Chat API.");
  public static final Key<Secret> ROCKETCHAT_TOKEN =
      SECTION.optional("rocketchat_token", Type.SECRET, "Token for Rocket.Chat.");
  public static final Key<String> ROCKETCHAT_TOKEN_FILE =
      SECTION.key("rocketchat_token_file", Type.STRING, "", "File of the token.");
  public static final Key<Secret> ROCKETCHAT_TOKEN_ID =
      SECTION.optional("rocketchat_token_id", Type.SECRET, "User ID of the Rocket.Chat token.");
  public static final Key<String> ROCKETCHAT_TOKEN_ID_FILE =
      SECTION.key("rocketchat_token_id_file", Type.STRING, "", "File of the user ID.");
  public static final Key<Secret> MATTERMOST_WEBHOOK_URL =
      SECTION.optional(
          "mattermost_webhook_url", ConfigTypes.SECRET_URL, "URL of the Mattermost webhook.");
  public static final Key<String> MATTERMOST_WEBHOOK_URL_FILE =
      SECTION.key("mattermost_webhook_url_file", Type.STRING, "", "File of the URL.");

  private static Key<URI> url(String name, String otherwise, String doc) {
    return SECTION.key(name, ConfigTypes.URL, URI.create(otherwise), doc);
  }

  private final YamlObject o;

  private GlobalConfig(YamlObject o) {
    this.o = o;
  }

  /**
   * Reads the section.
   *
   * @param node null if the file has none
   * @throws dev.tethys.config.ConfigException if it is invalid
   */
  public static GlobalConfig read(@Nullable YamlNode node) {
    YamlNode n =
        node == null || node.isNull() ? YamlDocument.parse("global", null, "{}").root() : node;
    YamlObject o = n.object(SECTION);
    o.readAll();
    ReceiverKind.atMostOne(o, SLACK_APP_TOKEN, SLACK_APP_TOKEN_FILE);
    ReceiverKind.atMostOne(o, SLACK_API_URL, SLACK_API_URL_FILE);
    ReceiverKind.atMostOne(o, OPSGENIE_API_KEY, OPSGENIE_API_KEY_FILE);
    ReceiverKind.atMostOne(o, VICTOROPS_API_KEY, VICTOROPS_API_KEY_FILE);
    ReceiverKind.atMostOne(o, TELEGRAM_BOT_TOKEN, TELEGRAM_BOT_TOKEN_FILE);
    ReceiverKind.atMostOne(o, SMTP_AUTH_PASSWORD, SMTP_AUTH_PASSWORD_FILE);
    ReceiverKind.atMostOne(o, SMTP_AUTH_SECRET, SMTP_AUTH_SECRET_FILE);
    ReceiverKind.atMostOne(o, ROCKETCHAT_TOKEN, ROCKETCHAT_TOKEN_FILE);
    ReceiverKind.atMostOne(o, ROCKETCHAT_TOKEN_ID, ROCKETCHAT_TOKEN_ID_FILE);
    ReceiverKind.atMostOne(o, WECHAT_API_SECRET, WECHAT_API_SECRET_FILE);
    ReceiverKind.atMostOne(o, MATTERMOST_WEBHOOK_URL, MATTERMOST_WEBHOOK_URL_FILE);
    GlobalConfig g = new GlobalConfig(o);
    boolean token = g.has(SLACK_APP_TOKEN) || g.has(SLACK_APP_TOKEN_FILE);
    boolean webhook = g.has(SLACK_API_URL) || g.has(SLACK_API_URL_FILE);
    Secret url = o.find(SLACK_API_URL);
    // A status page masks the one, and can be read back all the same.
    boolean same =
        url != null
            && (url.value().equals(Secret.MASK)
                || url.value().equals(o.get(SLACK_APP_URL).toString()));
    if (token && webhook && !same) {
      throw o.error(
          SLACK_APP_TOKEN,
          "at most one of slack_app_token/slack_app_token_file & slack_api_url/slack_api_url_file"
              + " must be configured");
    }
    return g;
  }

  public Duration resolveTimeout() {
    return o.get(RESOLVE_TIMEOUT);
  }

  public HttpClientConfig http() {
    HttpClientConfig c = o.find(HTTP_CONFIG);
    return c == null ? HttpClientConfig.DEFAULT : c;
  }

  public <T> T get(Key<T> key) {
    return o.get(key);
  }

  public <T> @Nullable T find(Key<T> key) {
    return o.find(key);
  }

  public boolean has(Key<?> key) {
    return ReceiverKind.isSet(o, key);
  }
}
