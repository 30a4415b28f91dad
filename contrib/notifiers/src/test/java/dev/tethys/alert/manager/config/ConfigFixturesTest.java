package dev.tethys.alert.manager.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Alertmanager's own configuration files: those that it reads are read, the others refused. */
class ConfigFixturesTest {
  /** The files that are wrong, and what is said about them. */
  private static final Map<String, String> WRONG = new TreeMap<>();

  static {
    WRONG.put(
        "conf.mattermost-both-webhook-url-and-file.yml",
        "at most one of mattermost_webhook_url & mattermost_webhook_url_file");
    WRONG.put(
        "conf.mattermost-no-webhook-url.yml",
        "missing webhook_url or webhook_url_file on mattermost_config");
    WRONG.put("conf.nil-match_re-route.yml", "invalid regexp value for");
    WRONG.put("conf.nil-source_match_re-inhibition.yml", "invalid regexp value for");
    WRONG.put("conf.nil-target_match_re-inhibition.yml", "invalid regexp value for");
    WRONG.put(
        "conf.opsgenie-both-file-and-apikey.yml",
        "at most one of opsgenie_api_key & opsgenie_api_key_file");
    WRONG.put("conf.opsgenie-no-apikey.yml", "no global OpsGenie API Key set");
    WRONG.put("conf.opsgenie-default-apikey-old-team.yml", "unknown key \"teams\"");
    WRONG.put(
        "conf.rocketchat-both-token-and-tokenfile.yml",
        "at most one of rocketchat_token & rocketchat_token_file");
    WRONG.put(
        "conf.rocketchat-both-tokenid-and-tokenidfile.yml",
        "at most one of rocketchat_token_id & rocketchat_token_id_file");
    WRONG.put("conf.rocketchat-no-token.yml", "no global Rocketchat Token");
    WRONG.put(
        "conf.slack-both-file-and-token.yml",
        "at most one of slack_app_token & slack_app_token_file");
    WRONG.put(
        "conf.slack-both-file-and-url.yml", "at most one of slack_api_url & slack_api_url_file");
    WRONG.put(
        "conf.slack-both-url-and-token.yml",
        "at most one of slack_app_token/slack_app_token_file & slack_api_url");
    WRONG.put("conf.slack-no-api-url-or-token.yml", "no Slack API URL nor App token set");
    WRONG.put(
        "conf.slack-update-message-and-webhook.yml",
        "update_message can only be used with bot tokens");
    WRONG.put(
        "conf.smtp-both-password-and-file.yml",
        "at most one of smtp_auth_password & smtp_auth_password_file");
    WRONG.put(
        "conf.sns-invalid.yml", "must provide either a Target ARN, Topic ARN, or Phone Number");
    WRONG.put(
        "conf.telegram-both-bot-token-and-file.yml",
        "at most one of telegram_bot_token & telegram_bot_token_file");
    WRONG.put("conf.telegram-no-bot-token.yml", "missing bot_token or bot_token_file");
    WRONG.put(
        "conf.victorops-both-file-and-apikey.yml",
        "at most one of victorops_api_key & victorops_api_key_file");
    WRONG.put("conf.victorops-no-apikey.yml", "no global VictorOps API Key set");
    WRONG.put(
        "conf.wechat-both-file-and-secret.yml",
        "at most one of wechat_api_secret & wechat_api_secret_file");
    WRONG.put("conf.wechat-no-api-secret.yml", "no global Wechat Api Secret set");
    WRONG.put(
        "conf.telegram-valid-receiver-both-bot-token-and-file.yml",
        "at most one of telegram_bot_token & telegram_bot_token_file");
    WRONG.put(
        "conf.mattermost-valid-receiver-both-webhook-url-and-file.yml",
        "at most one of mattermost_webhook_url");
    WRONG.put("conf.bad.yml", "must be a map");
  }

  @Test
  void readsOrRejectsFilesLikeAlertmanager() throws IOException {
    int n = 0;
    for (String folder : new String[] {"config", "examples", "amtool"}) {
      for (Path f : Shared.conformanceFiles("alertmanager/" + folder, ".yml")) {
        String name = String.valueOf(f.getFileName());
        String wrong = WRONG.get(name);
        if (wrong == null) {
          try {
            AlertmanagerConfig c = AlertmanagerConfig.read(f, MatcherSyntax.FALLBACK);
            // What a status page shows can be read again, and then shows the same.
            YamlDocument again = YamlDocument.parse("again", f.getParent(), c.text());
            assertThat(AlertmanagerConfig.read(again, MatcherSyntax.FALLBACK).text())
                .isEqualTo(c.text());
          } catch (ConfigException e) {
            throw new AssertionError(name, e);
          }
        } else {
          assertThatThrownBy(
                  () -> {
                    AlertmanagerConfig.read(f, MatcherSyntax.FALLBACK);
                    throw new AssertionError(name + " was read");
                  })
              .isInstanceOf(ConfigException.class)
              .hasMessageContaining(wrong)
              .hasMessageContaining(name + ":");
        }
        n++;
      }
    }
    assertThat(n).isGreaterThan(45);
  }

  /** Hosts as Docker names its services, and texts that users write for a path. */
  @Test
  void readsUrlsLikeGo() {
    String yaml =
        """
        route: {receiver: a}
        receivers:
        - name: a
          webhook_configs: [{url: 'http://alert_bot:8080/%s', http_config: {proxy_url: 'http://out_proxy:3128'}}]
          slack_configs: [{api_url: 'https://hooks.slack.com/services/<id of it>', channel: x}]
          pagerduty_configs: [{routing_key: k, url: 'http://pager_duty:80'}]
        """;
    assertThat(
            AlertmanagerConfig.read(document(yaml.formatted("x")), MatcherSyntax.FALLBACK).text())
        .contains("url: http://pager_duty:80");
    assertThatThrownBy(
            () -> AlertmanagerConfig.read(document(yaml.formatted("%zz")), MatcherSyntax.FALLBACK))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("a.yml:4:27: not a valid URL: invalid URL escape");
    String port = yaml.formatted("").replace("alert_bot:8080", "alert_bot:port");
    assertThatThrownBy(() -> AlertmanagerConfig.read(document(port), MatcherSyntax.FALLBACK))
        .hasMessageContaining("invalid port \":port\" after host");
  }

  private static YamlDocument document(String yaml) {
    return YamlDocument.parse("a.yml", null, yaml);
  }
}
