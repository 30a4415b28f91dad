package dev.tethys.control.access;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.processor.control.Control;
import dev.tethys.pipeline.processor.control.ControlDocument;
import java.time.Duration;

/**
 * Request for a live control, of a user or a rule.
 *
 * @param selector agents
 * @param duration time after which the control ends automatically
 * @param window time for which a preview is considered current
 * @param author "" for none
 * @param awaitAgents whether it may start although no agent matches its selector yet
 */
public record ControlRequest(
    Control control,
    Selector selector,
    Duration duration,
    Duration window,
    String author,
    boolean awaitAgents) {
  private static final Section SECTION =
      new Section("control", "Live control.").include(Control.SECTION);
  private static final Key<String> SELECTOR =
      SECTION.key("selector", Type.STRING, "", "Agents; empty for all.");
  private static final Key<Duration> DURATION =
      SECTION.key(
          "duration", Type.DURATION, Duration.ofHours(1), "Time after which the control ends.");
  private static final Key<Duration> WINDOW =
      SECTION.key(
          "window", Type.DURATION, Duration.ofSeconds(5), "Time for which a preview counts.");
  private static final Key<String> AUTHOR =
      SECTION.key("author", Type.STRING, "", "Author, without tokens.");
  private static final Key<Boolean> AWAIT_AGENTS =
      SECTION.key(
          "awaitAgents",
          Type.BOOL,
          false,
          "If true, the control may start before an agent that its selector matches is connected.");

  /**
   * Reads a request as JSON or YAML.
   *
   * @param name source name used in error messages
   * @throws dev.tethys.config.ConfigException if the control is invalid
   * @throws IllegalArgumentException if the selector is invalid
   */
  public static ControlRequest read(String name, String text) {
    YamlObject o = YamlDocument.parse(name, null, text).root().object(SECTION);
    Control c = Control.read(o);
    ControlDocument.check(o.node(), c);
    return new ControlRequest(
        c,
        Selector.parse(o.get(SELECTOR)),
        o.get(DURATION),
        o.get(WINDOW),
        o.get(AUTHOR),
        o.get(AWAIT_AGENTS));
  }

  /** Returns a request restricted to the agents of a scope. */
  public ControlRequest within(Selector scope) {
    return new ControlRequest(control, selector.and(scope), duration, window, author, awaitAgents);
  }
}
