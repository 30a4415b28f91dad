package dev.tethys.api;

import dev.tethys.model.GoQuote;
import java.io.IOException;
import java.util.Locale;
import java.util.Set;

/**
 * Rules, alerts and alert managers. Nothing evaluates rules yet, and a configuration with rules or
 * alert managers is refused when it is read: so there are none, and wrong parameters are refused as
 * ever.
 */
final class RuleEndpoints {
  private static final Set<String> BOOLEANS =
      Set.of("1", "t", "true", "0", "f", "false"); // in lower case

  void register(ApiRoutes routes) {
    routes
        .getOfServer("/rules", RuleEndpoints::rules)
        .getOfServer("/alerts", call -> call.data(out -> out.raw("{\"alerts\":[]}")))
        .getOfServer(
            "/alertmanagers",
            call ->
                call.data(
                    out -> out.raw("{\"activeAlertmanagers\":[],\"droppedAlertmanagers\":[]}")));
  }

  private static void rules(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    p.matchers();
    String type = p.text("type").toLowerCase(Locale.ROOT);
    if (!type.isEmpty() && !type.equals("alert") && !type.equals("record")) {
      throw ApiException.invalidParameter("type", "not supported value " + GoQuote.quote(type));
    }
    String exclude = p.text("exclude_alerts").toLowerCase(Locale.ROOT);
    if (!exclude.isEmpty() && !BOOLEANS.contains(exclude)) {
      throw ApiException.invalidParameter(
          "exclude_alerts",
          "error converting exclude_alerts: strconv.ParseBool: parsing "
              + GoQuote.quote(exclude)
              + ": invalid syntax");
    }
    pagination(p);
    call.data(out -> out.raw("{\"groups\":[]}"));
  }

  private static void pagination(Parameters p) {
    String limit = p.text("group_limit");
    String token = p.text("group_next_token");
    if (limit.isEmpty()) {
      if (!token.isEmpty()) {
        throw ApiException.invalidParameter(
            "group_next_token",
            "group_limit needs to be present in order to paginate over the groups");
      }
      return;
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
    if (!token.isEmpty()) {
      throw ApiException.invalidParameter(
          "group_next_token",
          "invalid group_next_token '" + token + "'. were rule groups changed?");
    }
  }
}
