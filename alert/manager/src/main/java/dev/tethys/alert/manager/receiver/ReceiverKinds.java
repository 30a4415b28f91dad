package dev.tethys.alert.manager.receiver;

import java.util.List;

/** Every way of notifying that there is. */
public final class ReceiverKinds {
  public static final List<ReceiverKind> ALL =
      List.of(
          new Discord(),
          new Email(),
          new Incidentio(),
          new Jira(),
          new Mattermost(),
          new Msteams(),
          new MsteamsV2(),
          new Opsgenie(),
          new Pagerduty(),
          new Pushover(),
          new Rocketchat(),
          new Slack(),
          new Sns(),
          new Telegram(),
          new Victorops(),
          new Webex(),
          new Webhook(),
          new Wechat());

  private ReceiverKinds() {}
}
