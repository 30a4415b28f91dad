package dev.tethys.alert.manager.api;

import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.MatcherBytes;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.model.regex.Regex;
import dev.tethys.web.Params;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Filters of a request's query parameters. */
record Filters(
    List<LabelMatcher> labels,
    @Nullable Regex receiver,
    List<LabelMatcher> receiverLabels,
    Params query) {
  private static final Set<String> TRUE =
      Set.of("true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled");

  static Filters read(Params query, MatcherSyntax syntax) {
    MatcherBytes bytes = new MatcherBytes(MatcherBytes.REQUEST_LIMIT);
    return new Filters(
        matchers(query, "filter", syntax, "", bytes),
        receiver(query.first("receiver"), bytes),
        matchers(
            query, "receiver_matchers", syntax, "failed to parse receiver_matchers param: ", bytes),
        query);
  }

  private static List<LabelMatcher> matchers(
      Params query, String name, MatcherSyntax syntax, String before, MatcherBytes bytes) {
    try {
      List<LabelMatcher> out = new ArrayList<>();
      for (String text : query.all(name)) {
        LabelMatcher m = syntax.parse(text, "api");
        bytes.add(m);
        out.add(m);
      }
      return out;
    } catch (IllegalArgumentException e) {
      throw ApiError.plain(400, before + e.getMessage());
    }
  }

  private static @Nullable Regex receiver(@Nullable String expression, MatcherBytes bytes) {
    if (expression == null || expression.isEmpty()) {
      return null;
    }
    try {
      Regex r = LabelMatcher.anchored(expression);
      bytes.add(r);
      return r;
    } catch (IllegalArgumentException e) {
      throw ApiError.plain(400, "failed to parse receiver param: " + e.getMessage());
    }
  }

  /** Reads a boolean parameter that defaults to true. */
  boolean isTrue(String name) {
    String v = query.first(name);
    return v == null || v.isEmpty() || TRUE.contains(v.toLowerCase(Locale.ROOT));
  }

  /**
   * Whether labels are selected. Unlike elsewhere, an empty value tests whether the label exists.
   */
  static boolean selects(List<LabelMatcher> matchers, Map<String, String> labels) {
    for (LabelMatcher m : matchers) {
      String v = labels.get(m.name());
      boolean presence = m.value().isEmpty() && (m.isEqual() ? v == null : v != null);
      if (!presence && !m.matches(v == null ? "" : v)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a receiver is selected by its name and labels. */
  boolean selectsReceiver(String name, @Nullable Map<String, String> itsLabels) {
    return (receiver == null || receiver.find(name))
        && (receiverLabels.isEmpty() || itsLabels != null && selects(receiverLabels, itsLabels));
  }
}
