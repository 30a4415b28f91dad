package dev.tethys.app.server;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Warm-up requests for label names, label values and series, as sent by dashboards when they open
 * and by query editors during typing.
 */
final class LookupWarmUp {
  private static final List<String> PATHS =
      List.of(
          "labels?%t",
          "labels?match[]=%m&%t",
          "labels?match[]={__name__=\"%m\",instance=~\".+[0-9].*\"}&limit=100&%t",
          "label/__name__/values?%t",
          "label/__name__/values?limit=100&%t",
          "label/__name__/values?match[]={instance!=\"\"}&%t",
          "label/instance/values?%t",
          "label/instance/values?limit=100&%t",
          "label/instance/values?match[]=%m&%t",
          "label/instance/values?match[]={__name__=\"%m\",instance=~\".*[0-9].+\"}&limit=100&%t",
          "label/job/values?match[]={__name__=~\"%m.*\",instance=~\".+\"}&%t",
          "series?match[]=%s&%t",
          "series?match[]={__name__=\"%m\",instance!=\"\"}&limit=100&%t",
          "series?match[]={job=~\".+\"}&limit=100&%t");

  private LookupWarmUp() {}

  /**
   * Returns the paths of lookups for some series and their metric.
   *
   * @param start Unix milliseconds, as the end
   */
  static List<String> of(WarmUpSeries series, long start, long end) {
    String time = "start=" + start / 1000 + "&end=" + end / 1000;
    return PATHS.stream()
        .map(p -> p.replace("%m", series.metric()).replace("%s", series.selector()))
        .map(p -> "/api/v1/" + escaped(p).replace("%25t", time))
        .toList();
  }

  /**
   * Percent-encodes the characters of selectors and parameter names that a path must not contain.
   */
  private static String escaped(String path) {
    StringBuilder out = new StringBuilder();
    for (char c : path.toCharArray()) {
      boolean plain = c < 0x80 && (Character.isLetterOrDigit(c) || "-_./?&=".indexOf(c) >= 0);
      out.append(
          plain ? String.valueOf(c) : URLEncoder.encode(String.valueOf(c), StandardCharsets.UTF_8));
    }
    return out.toString();
  }
}
