package dev.tethys.app.server;

import dev.tethys.alert.notify.AlertmanagerStatus;
import dev.tethys.alert.notify.Notifier;
import dev.tethys.alert.rule.RuleGroup;
import dev.tethys.alert.rule.RuleManager;
import dev.tethys.api.prometheus.RulesView;
import java.net.URI;
import java.util.List;

/** Status of rules for the API. */
record RuleStatus(RuleManager rules, Notifier notifier) implements RulesView {
  @Override
  public List<RuleGroup> groups() {
    return rules.groups();
  }

  @Override
  public List<URI> alertmanagers() {
    return notifier.alertmanagers();
  }

  @Override
  public List<AlertmanagerStatus> deliveries() {
    return notifier.deliveries();
  }

  @Override
  public List<String> droppedAlertmanagers() {
    return notifier.droppedAlertmanagers();
  }
}
