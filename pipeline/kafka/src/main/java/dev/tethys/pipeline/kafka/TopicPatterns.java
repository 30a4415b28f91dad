package dev.tethys.pipeline.kafka;

import java.util.Collection;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Names of topics, of which those that begin with {@code ^} are regular expressions. These are
 * looked for in names, as Promtail and the Collector do it: {@code ^app} means every topic whose
 * name begins so. The client matches names as a whole.
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
   * The same without the names in which one of some expressions is found.
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

  /** One that matches, as a whole, each name that one of them means. */
  static Pattern whole(Collection<String> topics) {
    return Pattern.compile(
        topics.stream()
            .map(t -> isPattern(t) ? "(?:.*(?:" + t + ").*)" : Pattern.quote(t))
            .collect(Collectors.joining("|")));
  }
}
