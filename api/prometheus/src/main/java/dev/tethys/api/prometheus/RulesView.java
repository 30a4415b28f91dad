package dev.tethys.api.prometheus;

import dev.tethys.alert.notify.AlertmanagerStatus;
import dev.tethys.alert.rule.RuleGroup;
import java.net.URI;
import java.util.List;

/** View of rules and Alertmanagers for the API. */
public interface RulesView {
  /** View without rules. */
  RulesView NONE =
      new RulesView() {
        @Override
        public List<RuleGroup> groups() {
          return List.of();
        }

        @Override
        public List<URI> alertmanagers() {
          return List.of();
        }

        @Override
        public List<AlertmanagerStatus> deliveries() {
          return List.of();
        }

        @Override
        public List<String> droppedAlertmanagers() {
          return List.of();
        }
      };

  /** Returns the groups, by file and then name. */
  List<RuleGroup> groups();

  /** Returns the Alertmanagers that receive alerts. */
  List<URI> alertmanagers();

  /** Returns the delivery status of each Alertmanager, in the same order. */
  List<AlertmanagerStatus> deliveries();

  /** Returns the Alertmanagers dropped by relabelling. */
  List<String> droppedAlertmanagers();
}
