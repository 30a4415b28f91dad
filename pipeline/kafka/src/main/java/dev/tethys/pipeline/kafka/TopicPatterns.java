package dev.tethys.pipeline.kafka;

import java.util.Collection;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Topic names; names that start with {@code ^} are regular expressions. They are searched in names,
 * as in Promtail and the Collector: {@code ^app} selects every topic whose name starts with app.
 * The client requires full matches.
 */
final class TopicPatterns {
  private TopicPatterns() {}

  static boolean isPattern(String topic) {
    return topic.startsWith("^");
  }

  /** Whether any of them is a regular expression. */
  static boolean areAny(Collection<String> topics) {
    return topics.stream().anyMatch(TopicPatterns::isPattern);
  }

  /**
   * Returns the full-match pattern, excluding names that contain a match of an excluding
   * expression.
   *
   * @param excluded regular expressions
   */
  static Pattern whole(Collection<String> topics, Collection<String> excluded) {
    Pattern all = whole(topics);
    return excluded.isEmpty()
        ? all
        : Pattern.compile(
            "(?!.*(?:"
                + String.join("|", excluded.stream().map(e -> "(?:" + e + ")").toList())
                + "))(?:"
                + all.pattern()
                + ")");
  }

  /** Returns the full-match pattern of all selected names. */
  static Pattern whole(Collection<String> topics) {
    return Pattern.compile(
        topics.stream()
            .map(t -> isPattern(t) ? "(?:.*(?:" + t + ").*)" : Pattern.quote(t))
            .collect(Collectors.joining("|")));
  }
}
