package dev.tethys.api.prometheus;

import dev.tethys.alert.notify.AlertmanagerStatus;
import dev.tethys.alert.rule.Alert;
import dev.tethys.alert.rule.AlertRule;
import dev.tethys.alert.rule.AlertingRule;
import dev.tethys.alert.rule.RecordingRule;
import dev.tethys.alert.rule.RuleGroup;
import dev.tethys.alert.rule.RuleType;
import dev.tethys.config.Redaction;
import dev.tethys.model.GoFloat;
import dev.tethys.model.GoQuote;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Rules, alerts and Alertmanagers. The state of sending to Alertmanagers has its own endpoint,
 * which Prometheus does not have.
 */
final class RuleEndpoints {
  private static final Set<String> TRUE = Set.of("1", "t", "true"); // in lower case
  private static final Set<String> FALSE = Set.of("0", "f", "false");

  private final RulesView view;

  RuleEndpoints(RulesView view) {
    this.view = view;
  }

  void register(ApiRoutes routes) {
    routes
        .getOfServer("/rules", call -> rules(call, g -> true))
        .getOfServer("/alerts", call -> alerts(call, g -> true))
        .getOfServer("/alertmanagers", this::alertmanagers)
        .getOfServer("/status/alertmanagers", this::deliveries);
  }

  /** Adds the endpoints of Loki's ruler for the log rules of a tenant. */
  void registerOfLogs(ApiRoutes routes) {
    routes
        .getOfLoki("/rules", call -> rules(call, ofTenant(call)))
        .getOfLoki("/alerts", call -> alerts(call, ofTenant(call)));
  }

  private static Predicate<RuleGroup> ofTenant(ApiCall call) {
    String header = call.request().header("X-Scope-OrgID");
    String tenant = header == null || header.isEmpty() ? Scope.DEFAULT_TENANT : header;
    return g -> g.spec().type() == RuleType.LOGS && g.spec().tenant().equals(tenant);
  }

  /** Filter of rules; empty sets select all. */
  private record Filter(
      Set<String> rules,
      Set<String> groups,
      Set<String> files,
      List<List<Matcher>> matchers,
      String type,
      boolean withAlerts) {
    boolean has(RuleGroup g) {
      return (groups.isEmpty() || groups.contains(g.spec().name()))
          && (files.isEmpty() || files.contains(g.spec().file()));
    }

    boolean has(AlertRule r) {
      return (rules.isEmpty() || rules.contains(r.spec().name()))
          && (type.isEmpty() || type.equals(r instanceof AlertingRule ? "alert" : "record"))
          && (matchers.isEmpty() || matchers.stream().anyMatch(set -> matches(set, r)));
    }

    private static boolean matches(List<Matcher> set, AlertRule r) {
      return Matcher.matchAll(set, r.spec().labels());
    }
  }

  /** Requested page; a limit of 0 selects all in one. */
  private record Page(int limit, String token) {}

  private record SelectedGroup(RuleGroup group, List<AlertRule> rules) {}

  private void rules(ApiCall call, Predicate<RuleGroup> groups) throws IOException {
    Parameters p = call.parameters();
    List<List<Matcher>> matchers = p.matchers();
    String type = p.text("type").toLowerCase(Locale.ROOT);
    if (!type.isEmpty() && !type.equals("alert") && !type.equals("record")) {
      throw ApiException.invalidParameter("type", "not supported value " + GoQuote.quote(type));
    }
    Filter filter =
        new Filter(
            new HashSet<>(p.all("rule_name[]")),
            new HashSet<>(p.all("rule_group[]")),
            new HashSet<>(p.all("file[]")),
            matchers,
            type,
            !excludesAlerts(p));
    Page page = page(p);
    List<SelectedGroup> shown = new ArrayList<>();
    String next = select(groups, filter, page, shown);
    call.data(
        out -> {
          out.raw("{\"groups\":[");
          for (int i = 0; i < shown.size(); i++) {
            out.sep(i == 0);
            group(out, shown.get(i), filter.withAlerts());
          }
          out.put(']');
          if (!next.isEmpty()) {
            out.next("groupNextToken").string(next);
          }
          out.put('}');
        });
  }

  private static boolean excludesAlerts(Parameters p) {
    String exclude = p.text("exclude_alerts").toLowerCase(Locale.ROOT);
    if (!exclude.isEmpty() && !TRUE.contains(exclude) && !FALSE.contains(exclude)) {
      throw ApiException.invalidParameter(
          "exclude_alerts",
          "error converting exclude_alerts: strconv.ParseBool: parsing "
              + GoQuote.quote(exclude)
              + ": invalid syntax");
    }
    return TRUE.contains(exclude);
  }

  private static Page page(Parameters p) {
    String limit = p.text("group_limit");
    String token = p.text("group_next_token");
    if (limit.isEmpty()) {
      if (!token.isEmpty()) {
        throw ApiException.invalidParameter(
            "group_next_token",
            "group_limit needs to be present in order to paginate over the groups");
      }
      return new Page(0, "");
    }
    int n;
    try {
      n = Integer.parseInt(limit);
    } catch (NumberFormatException e) {
      throw ApiException.invalidParameter(
          "group_limit",
          "group_limit needs to be a valid number: strconv.ParseInt: parsing "
              + GoQuote.quote(limit)
              + (limit.matches("[+-]?\\d+") ? ": value out of range" : ": invalid syntax"));
    }
    if (n <= 0) {
      throw ApiException.invalidParameter("group_limit", "group_limit needs to be greater than 0");
    }
    return new Page(n, token);
  }

  /** Fills the page and returns the token of the next, or "". */
  private String select(
      Predicate<RuleGroup> groups, Filter filter, Page page, List<SelectedGroup> shown) {
    boolean found = page.token().isEmpty();
    String next = "";
    for (RuleGroup g : view.groups()) {
      if (!found) {
        if (!page.token().equals(token(g))) {
          continue;
        }
        found = true;
      }
      if (!groups.test(g) || !filter.has(g)) {
        continue;
      }
      List<AlertRule> rules = g.rules().stream().filter(filter::has).toList();
      if (rules.isEmpty()) {
        continue;
      }
      if (page.limit() > 0 && shown.size() == page.limit()) {
        next = token(g);
        break;
      }
      shown.add(new SelectedGroup(g, rules));
    }
    if (!found) {
      throw ApiException.invalidParameter(
          "group_next_token",
          "invalid group_next_token '" + page.token() + "'. were rule groups changed?");
    }
    return next;
  }

  private static String token(RuleGroup g) {
    try {
      MessageDigest d = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(d.digest(g.spec().key().getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static double seconds(Duration d) {
    return d.toNanos() / 1e9;
  }

  private static void group(JsonOut out, SelectedGroup s, boolean withAlerts) throws IOException {
    RuleGroup g = s.group();
    out.put('{').name("name").string(g.spec().name());
    out.next("file").string(g.spec().file()).next("rules").put('[');
    for (int i = 0; i < s.rules().size(); i++) {
      out.sep(i == 0);
      // No switch over types, which makes a class when it first runs.
      if (s.rules().get(i) instanceof AlertingRule a) {
        alerting(out, a, withAlerts);
      } else if (s.rules().get(i) instanceof RecordingRule r) {
        recording(out, r);
      }
    }
    out.put(']').next("interval").number(seconds(g.interval()));
    out.next("limit").number(g.spec().limit());
    if (g.spec().type() != RuleType.METRICS) {
      out.next("type").string(g.spec().type().text());
      out.next("tenant").string(g.spec().tenant());
    }
    out.next("evaluationTime").number(seconds(g.evaluationTime()));
    out.next("lastEvaluation").time(g.lastEvaluation()).put('}');
  }

  private static void alerting(JsonOut out, AlertingRule r, boolean withAlerts) throws IOException {
    out.put('{').name("state").string(r.state().text()).next("name").string(r.spec().name());
    out.next("query").string(r.spec().query());
    out.next("duration").number(seconds(r.spec().hold()));
    out.next("keepFiringFor").number(seconds(r.spec().keepFiringFor()));
    out.next("labels").strings(r.spec().labels());
    out.next("annotations").strings(r.spec().annotations());
    out.next("alerts");
    if (withAlerts) {
      alerts(out, r.activeAlerts());
    } else {
      out.raw("null");
    }
    health(out, r);
    out.raw(",\"type\":\"alerting\"}");
  }

  private static void recording(JsonOut out, RecordingRule r) throws IOException {
    out.put('{').name("name").string(r.spec().name()).next("query").string(r.spec().query());
    out.next("labels").strings(r.spec().labels());
    health(out, r);
    out.raw(",\"type\":\"recording\"}");
  }

  private static void health(JsonOut out, AlertRule r) throws IOException {
    out.next("health").string(r.health().text());
    String error = r.lastError();
    if (error != null && !error.isEmpty()) {
      out.next("lastError").string(error);
    }
    out.next("evaluationTime").number(seconds(r.evaluationTime()));
    out.next("lastEvaluation").time(r.lastEvaluation());
  }

  private static void alerts(JsonOut out, List<Alert> alerts) throws IOException {
    out.put('[');
    for (int i = 0; i < alerts.size(); i++) {
      Alert a = alerts.get(i);
      out.sep(i == 0).put('{').name("labels").labels(a.labels());
      out.next("annotations").strings(a.annotations());
      out.next("state").string(a.state().text()).next("activeAt").time(a.activeAt());
      if (a.keepFiringSince() != null) {
        out.next("keepFiringSince").time(a.keepFiringSince());
      }
      out.next("value").string(GoFloat.e(a.value())).put('}');
    }
    out.put(']');
  }

  private void alerts(ApiCall call, Predicate<RuleGroup> groups) throws IOException {
    List<Alert> all = new ArrayList<>();
    for (RuleGroup g : view.groups()) {
      if (!groups.test(g)) {
        continue;
      }
      for (AlertRule r : g.rules()) {
        if (r instanceof AlertingRule a) {
          all.addAll(a.activeAlerts());
        }
      }
    }
    call.data(
        out -> {
          out.raw("{\"alerts\":");
          alerts(out, all);
          out.put('}');
        });
  }

  private void alertmanagers(ApiCall call) throws IOException {
    List<String> active = view.alertmanagers().stream().map(Redaction::url).toList();
    List<String> dropped = view.droppedAlertmanagers().stream().map(Redaction::text).toList();
    call.data(
        out -> {
          out.raw("{\"activeAlertmanagers\":");
          urls(out, active);
          out.next("droppedAlertmanagers");
          urls(out, dropped);
          out.put('}');
        });
  }

  private static void urls(JsonOut out, List<String> urls) throws IOException {
    out.put('[');
    for (int i = 0; i < urls.size(); i++) {
      out.sep(i == 0).put('{').name("url").string(urls.get(i)).put('}');
    }
    out.put(']');
  }

  private void deliveries(ApiCall call) throws IOException {
    List<AlertmanagerStatus> all = view.deliveries();
    call.data(
        out -> {
          out.raw("{\"alertmanagers\":[");
          for (int i = 0; i < all.size(); i++) {
            delivery(out.sep(i == 0), all.get(i));
          }
          out.raw("]}");
        });
  }

  private static void delivery(JsonOut out, AlertmanagerStatus s) throws IOException {
    out.put('{').name("url").string(s.url());
    out.next("waiting").number(s.waiting()).next("capacity").number(s.capacity());
    out.next("sent").number(s.sent()).next("dropped");
    AlertmanagerStatus.Dropped d = s.dropped();
    out.put('{').name("queueFull").number(d.queueFull()).next("refused").number(d.refused());
    out.next("outOfDate").number(d.outOfDate()).put('}');
    if (s.lastDelivery() != null) {
      out.next("lastDelivery").time(s.lastDelivery());
    }
    if (s.failingSince() != null) {
      out.next("failingSince").time(s.failingSince());
    }
    if (s.lastFailure() != null) {
      out.next("lastFailure").time(s.lastFailure()).next("lastError").string(s.lastError());
    }
    out.put('}');
  }
}
